# SPDX-License-Identifier: Apache-2.0
# needs model:8x8,data=0
# Points of a grid have the cycles that each has by itself, whatever ran before it in the same session.
$ systole sweep transformer.onnx --devices model:8x8+16x8,data=0,acc=512+1024 --memory latency=40+200,bandwidth=4+32,write_latency=9 --threads 1 --json --quiet >a.txt; python3 -c 'import json; [print(p["device"], p["cycles"]) for p in json.load(open("a.txt"))["points"]]' >a; wc -l <a
16
$ while read -r device cycles; do systole run transformer.onnx --random 1 --quiet --json --device "$device" | python3 -c 'import json, sys; print(sys.argv[1], json.load(sys.stdin)["totals"]["cycles"])' "$device"; done <a >b; cmp a b && echo the same
the same
$ systole sweep transformer.onnx --devices model:8x8+16x8,data=0,acc=512+1024 --memory latency=40+200,bandwidth=4+32,write_latency=9 --threads 3 --json --quiet >c.txt; python3 -c 'import json; [print(p["device"], p["cycles"]) for p in json.load(open("c.txt"))["points"]]' | cmp - a && echo the same in threads
the same in threads
# A bus of 64 bytes is too wide for 4 columns.
$ systole sweep transformer.onnx --device model:4x4+8x8,data=0,axi=16+64 --quiet | grep -c '^model:\|left out; of the first: device "model:8x8,data=0,axi=64"\|left out; of the first: device "model:4x4'
3
$ systole sweep transformer.onnx --device model:4x4,data=0,axi=32+64 --quiet 2>&1 >/dev/null | grep -c 'none of the 2 devices can be'
1
