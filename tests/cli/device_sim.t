# SPDX-License-Identifier: Apache-2.0
# needs sim:4x4
$ systole compare transformer.onnx --random 7 --devices cpu,sim:4x4 | tail -1
EXACT: every output has the same bits on all 2 devices
$ json.sh systole run transformer.onnx --random 7 --device sim:4x4 --profile --json
valid
$ systole run transformer.onnx --random 7 --device sim:4x4 --profile --quiet | sed -n '1s/  */ /gp'
step operator where cycles share use array vector empty token weights chain MACs read written seconds remark
# Every cycle is counted as one share; MACs and bytes of the steps are the run's; every step says where it ran.
$ systole run transformer.onnx --random 7 --device sim:4x4 --profile --json | check_profile.py
consistent
$ systole devices sim:4x4 | sed -n 1,4p
capability     value  meaning
ROWS               4  Rows of the array: elements of one step of a chain
COLS               4  Columns of the array: lanes of an accumulator row
HAS_FP             1  1: bf16 arithmetic is built in
$ json.sh systole devices sim:4x4 --json
valid
# A device's cycles do not vary.
$ systole bench gemm 16x16x16 --device sim:4x4 --repeat 3 --json | grep -o '"cycles_steady": [a-z]*'
"cycles_steady": true
$ systole bench conv 4x8x8:6x3x3 --type int8 --device sim:4x4 --repeat 3 --json | grep -o '"cycles_steady": [a-z]*'
"cycles_steady": true
$ systole run transformer.onnx --random 3 --quiet --device sim:4x4 --report a.html --trace a.json && check_page.py a.html
a.html: whole; plots: ['How busy the array was and how much of it was used', 'The cycles of each layer', 'Roofline: MACs for each byte against MACs in each cycle', 'The steps of the run']
# Steps by the device's cycles follow each other without a gap, and are the run's.
$ systole run transformer.onnx --random 3 --device sim:4x4 --json >a.txt 2>/dev/null; python3 -c 'import json; t = json.load(open("a.txt"))["totals"]["cycles"]; x = [e for e in json.load(open("a.json"))["traceEvents"] if e["ph"] == "X" and e["pid"] == 2 and e["tid"] == 1]; print(all(a["ts"] + a["dur"] == b["ts"] for a, b in zip(x, x[1:])), x[-1]["ts"] + x[-1]["dur"] == t)'
True True
$ systole compare transformer.onnx --devices sim:4x4,cpu --profile | sed -n '3s/  */ /gp;$p'
step operator where cycles share use array vector empty token weights chain MACs read written seconds remark
EXACT: every output has the same bits on all 2 devices
$ json.sh systole compare transformer.onnx --devices sim:4x4,cpu --profile --json
valid
# Waves need another build of the simulator; a layer that is not there has none.
$ systole run transformer.onnx --random 3 --device sim:4x4 --wave a.fst --quiet 2>&1 | grep -o 'waves need a simulator that was built with TRACE=1'
waves need a simulator that was built with TRACE=1
$ systole run transformer.onnx --random 3 --device sim:4x4 --wave a.fst --quiet 2>/dev/null
[5]
$ systole run transformer.onnx --random 3 --device sim:4x4 --wave a.fst --layer nobody --quiet
systole: there is no step 'nobody'; --profile lists them
[2]
$ systole run transformer.onnx --random 3 --device sim:4x4 --wave a.fst --layer encoded --quiet
systole: step 'encoded' took no cycles of the device: there is nothing of it to record
[2]
$ systole run transformer.onnx --random 3 --device sim:4x4 --wave a,b.fst --quiet
systole: --wave takes a file's name of up to 200 characters, without a comma; see systole help
[2]
# A slower memory takes more cycles, for the same bits.
$ systole sweep transformer.onnx --device sim:4x4 --memory latency=10 --memory latency=300,bandwidth=2 --report s.html --json 2>/dev/null >s.txt; check_page.py s.html; python3 -c 'import json; s = json.load(open("s.txt")); p = s["points"]; print(s["verdict"], p[0]["cycles"] < p[1]["cycles"], [(q["memory"], q["on_front"]) for q in p])'
s.html: whole; plots: ['thousand gate equivalents', 'bytes read and written']
exact True [('latency=10', True), ('latency=300,bandwidth=2', True)]
# Instructions of the trace: the queues' own, none beyond the run's end, none overlapping on its track.
$ check_trace.py a.json
queues: ['COMPUTE', 'LOAD', 'STORE'] overlapping: 0 beyond the end: 0
$ systole run transformer.onnx --random 1 --device sim:4x4,latency=0 2>&1 | grep -o "option '.*"
option 'latency=0': a whole number from 1 to 1000000
# By cycles: no product is above its roof, and int8 has six times the peak of fp32.
$ systole roofline sim:4x4 --size 16 --json --quiet | check_roofline.py
7 rungs of a cycle by the clock of the device: consistent
$ systole roofline sim:4x4 --size 16 --type int8 --json --quiet | grep '"peak\|"bandwidth'
  "peak": 16,
  "peak_from": "4x4 array",
  "bandwidth": 16,
  "bandwidth_from": "its bus, in each direction",
$ systole roofline sim:4x4,bandwidth=2 --size 16 --type int8 --json --quiet | tee roof.json | grep '"bandwidth'; check_roofline.py <roof.json
  "bandwidth": 2,
  "bandwidth_from": "its option",
7 rungs of a cycle by the clock of the device: consistent
$ systole roofline sim:4x4,precision=x1 --size 16 --quiet --report roof.html | sed -n '1,2p'; check_page.py roof.html
sim:4x4,precision=x1, f32
peak: 16 MACs a cycle (4x4 array); memory: 16 bytes a cycle (its bus, in each direction)
roof.html: whole; plots: ['Roofline: MACs for each byte against the rate']
