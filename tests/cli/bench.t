# SPDX-License-Identifier: Apache-2.0
$ systole bench
systole: bench takes gemm, conv or model, then shapes or files; see systole help
[2]
$ systole bench spin
systole: bench takes gemm, conv or model, then shapes or files; see systole help
[2]
$ systole bench gemm 4x4
systole: a product is MxNxK, each from 1 to 65536, as 512x512x512; see systole help
[2]
$ systole bench gemm 4x0x4
systole: a product is MxNxK, each from 1 to 65536, as 512x512x512; see systole help
[2]
$ systole bench gemm 4x4x4x4
systole: a product is MxNxK, each from 1 to 65536, as 512x512x512; see systole help
[2]
$ systole bench gemm 4x4x65537
systole: a product is MxNxK, each from 1 to 65536, as 512x512x512; see systole help
[2]
$ systole bench gemm 4x4x-4
systole: a product is MxNxK, each from 1 to 65536, as 512x512x512; see systole help
[2]
$ systole bench gemm --type f64
systole: --type is f32 or int8; see systole help
[2]
$ systole bench gemm --repeat 0
systole: --repeat is 1 to 1000; see systole help
[2]
$ systole bench gemm --repeat 1001
systole: --repeat is 1 to 1000; see systole help
[2]
$ systole bench conv 3x8x8
systole: a convolution is CHANNELSxHEIGHTxWIDTH:KERNELSxHEIGHTxWIDTH, each from 1 to 65536, as 64x56x56:64x3x3; see systole help
[2]
$ systole bench conv 3x8x8:4x3x3 --groups 2
systole: --groups divides the channels and the kernels; see systole help
[2]
$ systole bench conv 3x2x2:4x3x3
systole: the kernel is larger than the padded image; see systole help
[2]
$ systole bench conv 3x8x8:4x3x3 --stride 0
systole: --stride is 1 to 1024, --pad at most that; see systole help
[2]
$ systole bench model
systole: which model?; see systole help
[2]
$ systole bench model absent.onnx
systole: 'absent.onnx': No such file or directory
[3]
$ systole bench gemm 4x4x4 --device abacus:1 2>&1 | cut -c1-56
systole: abacus:1: no device is called "abacus"; there a
$ systole bench gemm --repeat 1 --json | grep -o '"what": "[0-9x]*"\|"macs": [0-9]*'
"what": "128x128x128"
"macs": 2097152
"what": "256x256x256"
"macs": 16777216
$ systole bench gemm 8x9x10 --repeat 2 --json | grep -o '"products.*'
"products": 1, "on_host": 0, "special": 0, "macs": 720, "cycles": 0, "busy": 0, "busy_share": 0, "read_bytes": 0, "write_bytes": 0, "rows": 0, "cols": 0}
$ systole bench gemm 8x9x10 --repeat 2 --type int8 --json | grep -o '"products.*'
"products": 1, "on_host": 0, "special": 0, "macs": 720, "cycles": 0, "busy": 0, "busy_share": 0, "read_bytes": 0, "write_bytes": 0, "rows": 0, "cols": 0}
$ systole bench conv 4x8x8:6x3x3 --repeat 2 --json | grep -o '"products.*'
"products": 1, "on_host": 0, "special": 0, "macs": 7776, "cycles": 0, "busy": 0, "busy_share": 0, "read_bytes": 0, "write_bytes": 0, "rows": 0, "cols": 0}
$ systole bench conv 4x8x9:6x3x2 --pad 1 --stride 2 --groups 2 --type int8 --repeat 2 --json | grep -o '"products.*'
"products": 1, "on_host": 0, "special": 0, "macs": 1440, "cycles": 0, "busy": 0, "busy_share": 0, "read_bytes": 0, "write_bytes": 0, "rows": 0, "cols": 0}
$ systole bench model transformer.onnx --repeat 1 | sed -n 1p | tr -s ' '
what device seconds least most MAC/s cycles use busy cycles/s read written
$ json.sh systole bench model transformer.onnx --repeat 1 --json
valid
# Side by side, round by round; the first is what speeds are told against.
$ systole bench gemm 16x16x16 conv 2>&1 | tail -1
systole: a product is MxNxK, each from 1 to 65536, as 512x512x512; see systole help
$ systole bench gemm 16x16x16 8x8x8 --devices cpu,threads=1,cpu,kernel=naive --repeat 3 --quiet | sed -n '1p;$p' | tr -s ' '
what device seconds least most MAC/s speed least most cycles use busy cycles/s read written
speed: how many times as fast as cpu,threads=1, round by round: every round runs all devices in turn. The median, the least, the most.
$ systole bench gemm 16x16x16 8x8x8 --devices cpu,threads=1,cpu,kernel=naive --repeat 3 --quiet --json | python3 -c 'import json, sys; r = json.load(sys.stdin)["results"]; print([(x["what"], x["device"]) for x in r], all(x["seconds_least"] <= x["seconds"] <= x["seconds_most"] and x["speed_least"] <= x["speed"] <= x["speed_most"] for x in r), [x["speed_most"] for x in r[::2]])'
[('16x16x16', 'cpu,threads=1'), ('16x16x16', 'cpu,kernel=naive'), ('8x8x8', 'cpu,threads=1'), ('8x8x8', 'cpu,kernel=naive')] True [1, 1]
$ systole bench gemm 8x8x8 --devices cpu,abacus:1 --quiet 2>/dev/null
[5]
