# SPDX-License-Identifier: Apache-2.0
# Files that are not there, cut, or not what they should be: exit code 3.
$ systole run absent.onnx
systole: 'absent.onnx': No such file or directory
[3]
$ systole run .
systole: '.' is not a file that can be read
[3]
$ head -c 1000 transformer.onnx >cut.onnx
$ systole run cut.onnx
systole: cut.onnx: not an ONNX file (ModelProto), or not all of one: a field is cut off or of no known kind
[3]
$ printf 'not a model' >text.onnx
$ systole run text.onnx
systole: text.onnx: not an ONNX file (ModelProto), or not all of one: a field is cut off or of no known kind
[3]
$ : >empty.onnx
$ systole compare empty.onnx --devices cpu,cpu
systole: empty.onnx: an ONNX model without a graph (0 bytes)
[3]
$ systole conformance absent
systole: 'absent' is not a folder that can be read
[3]
$ mkdir cases && systole conformance cases
0 cases on cpu: 0 passed, 0 failed, 0 unsupported
$ systole run transformer.onnx --input absent.npy
systole: 'absent.npy': No such file or directory
[3]
$ printf 'x' >bad.npy; systole run transformer.onnx --input bad.npy
systole: bad.npy: not a .npy file of a type that is known here (1 bytes)
[3]
$ printf 'PK' >a.npz; systole run transformer.onnx --input a.npz
systole: 'a.npz' is an archive of arrays: unpack it (it is a zip file) and give one of its .npy files
[3]
$ printf 'x' >a.txt; systole run transformer.onnx --input tokens=a.txt
systole: 'a.txt' ends neither in .npy nor in .pb: save it as one of them
[3]
$ : >file; systole run transformer.onnx --random 1 --output file/sub --quiet
systole: file/sub: Not a directory
[3]
$ systole run transformer.onnx --input nobody=absent.npy
systole: 'absent.npy': No such file or directory
[3]
$ systole run transformer.onnx
systole: transformer.onnx: input 'tokens' is not set: 1x16x32 of float32
systole: --input NAME=FILE sets one input, --random SEED all that are not set
[6]
# The folder for outputs is looked at before the run, and they are written before anything else.
$ systole run transformer.onnx --random 1 --output file --quiet
systole: file: Not a directory
[3]
$ systole run transformer.onnx --random 1 --output '' --quiet
systole: --output takes the name of a folder; see systole help
[2]
$ systole run transformer.onnx --random 1 --output kept --report absent/page.html --quiet; ls kept
systole: absent/page.html: No such file or directory
attention.npy
encoded.npy
# Two names that would be one file.
$ write_model.py names.onnx a/b a_b a_b.c && systole run names.onnx --random 1 --output named && ls named && cmp -s named/a_b.npy named/output_1.npy || echo different
cpu: 0 products, 0 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
a/b: float32 3 = 0.13312304 0.491563439 0.942005396
a_b: float32 3 = -0.13312304 -0.491563439 -0.942005396
a_b.c: float32 3 = 0.13312304 0.491563439 0.942005396
a_b.c.npy
a_b.npy
output_1.npy
different
$ systole run names.onnx --random 1 --output named --json | grep -o '"file": .*"'
"file": "named/a_b.npy"
"file": "named/output_1.npy"
"file": "named/a_b.c.npy"
$ systole run names.onnx --input named/a_b.npy --input x=named/a_b.c.npy
systole: input 'x' is given twice: named/a_b.npy and x=named/a_b.c.npy
[2]
