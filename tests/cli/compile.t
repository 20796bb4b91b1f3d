# SPDX-License-Identifier: Apache-2.0
# needs hls:4x4
$ systole compile
systole: which model?; see systole help
[2]
$ systole compile transformer.onnx
systole: compile takes --device and --output; see systole help
[2]
$ systole compile transformer.onnx --device hls:4x4
systole: compile takes --device and --output; see systole help
[2]
$ systole compile absent.onnx --device hls:4x4 --output a.bin
systole: 'absent.onnx': No such file or directory
[3]
$ systole compile transformer.onnx --device abacus:1 --output a.bin 2>/dev/null
[5]
$ systole compile transformer.onnx --device hls:4x4 --output absent/a.bin 2>/dev/null
[3]
$ systole compile resnet8.onnx --device hls:4x4 --output r.bin | cut -d, -f1 | sed 's/[0-9a-f]*$/HASH/'
r.bin: resnet8.onnx for devices of build HASH
$ json.sh systole compile resnet8.onnx --device hls:4x4 --output r.bin --json
valid
$ systole run resnet8.onnx --random 5 --device hls:4x4 --output a --quiet && systole run r.bin --random 5 --device hls:4x4 --output b --quiet && for f in a/*; do cmp "$f" "b/${f#a/}"; done && ls b
dense.npy
probabilities.npy
stage1.npy
stage2.npy
stage3.npy
$ systole run r.bin --random 5 --device hls:4x4 --profile --json 2>/dev/null | check_profile.py
consistent
$ systole run r.bin --random 5 2>/dev/null
[5]
# Where several devices are: its programs on those with an array, the model within it on the others.
$ systole compare r.bin --devices cpu,hls:4x4 | tail -1
EXACT: every output has the same bits on all 2 devices
$ systole compare r.bin --devices cpu,hls:4x4 --isolated | tail -1
EXACT: hls:4x4: every layer has the bits of cpu
$ systole compare r.bin --devices hls:4x4,precision=x1,cpu 2>&1 | sed 's/.*: compiled/compiled/'
compiled with precision=x6, opened with x1
$ systole sweep r.bin --devices hls:4x4,cpu | sed -n '2,3p' | cut -d' ' -f1
hls:4x4
cpu
$ systole bench model r.bin --devices cpu,hls:4x4 --repeat 1 --json --quiet | grep -o '"device": "[a-z0-9:]*"\|"macs": [0-9]*'
"device": "cpu"
"macs": 12501632
"device": "hls:4x4"
"macs": 12501632
$ systole bench model r.bin --device hls:4x4,precision=x3 --repeat 1 --quiet 2>&1 | sed 's/.*: compiled/compiled/'
compiled with precision=x6, opened with x3
$ systole compile r.bin --device hls:8x16_acc_rows256 --output other.bin --quiet && systole compare other.bin --devices cpu,hls:8x16_acc_rows256 | tail -1
EXACT: every output has the same bits on all 2 devices
$ systole compare other.bin --devices cpu,hls:4x4 2>&1 | sed 's/[0-9a-f]\{16\}/HASH/g;s/.*: compiled/compiled/'
compiled for contract HASH, build HASH; hls:4x4 has contract HASH, build HASH: compile it again
# A file that was cut or changed, another device, none that is compiled for.
$ head -c 50000 r.bin >cut.bin; systole run cut.bin --random 5 --device hls:4x4 2>/dev/null
[3]
$ printf X | dd of=r.bin bs=1 seek=100000 conv=notrunc 2>/dev/null; systole run r.bin --random 5 --device hls:4x4 2>/dev/null
[3]
$ systole run r.bin --random 5 2>/dev/null >/dev/null
[3]
$ systole run r.bin --random 5 --device abacus:1 2>/dev/null
[5]
# What becomes of each node; the programs as text, the same from the model and from what was compiled.
$ systole explain
systole: which model?; see systole help
[2]
$ systole explain resnet8.onnx
systole: explain takes --device; see systole help
[2]
$ systole explain absent.onnx --device hls:4x4
systole: 'absent.onnx': No such file or directory
[3]
$ systole explain resnet8.onnx --device hls:4x4 | sed -n '1s/  */ /gp;$s/[0-9][0-9]*/N/gp'
node operator where program instructions MACs in out how, or why not
N programs; N nodes on the device, N fused into them, N on the host
$ systole explain resnet8.onnx --device cpu | tail -1
0 programs; 0 nodes on the device, 0 fused into them, 20 on the host
$ json.sh systole explain resnet8.onnx --device hls:4x4 --json
valid
$ systole explain resnet8.onnx --device hls:4x4 --json >e.txt; systole run resnet8.onnx --random 1 --device hls:4x4 --profile --json >p.txt 2>/dev/null; python3 -c 'import json; e = json.load(open("e.txt"))["nodes"]; p = json.load(open("p.txt"))["steps"]; print([n["node"] for n in e] == [s["node"] for s in p], all(n["where"] != "host" or n["why"] for n in e), sum(n.get("macs", 0) for n in e) == sum(s["macs"] for s in p))'
True True True
$ systole compile resnet8.onnx --device hls:4x4 --output r.bin --quiet; systole disasm r.bin --device hls:4x4 >a.txt && systole disasm resnet8.onnx --device hls:4x4 | cmp - a.txt && grep -c '^END' a.txt && grep -c '^# program' a.txt && grep -c -e BAD -e .words a.txt
2
2
0
[1]
$ systole asm a.txt --output a.bin && grep -v '^#' a.txt >b.txt; systole disasm a.bin | cmp - b.txt && echo the same
the same
$ json.sh systole disasm r.bin --device hls:4x4 --json
valid
$ systole disasm r.bin
systole: a compiled model is read with the --device that it is for; see systole help
[2]
$ systole disasm r.bin --device cpu 2>/dev/null
[5]
