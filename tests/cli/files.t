# SPDX-License-Identifier: Apache-2.0
# Files that are not there, cut, or not what they should be: exit code 3.
$ systole run absent.onnx
systole: absent.onnx: the device or a file does not answer as it should: 'absent.onnx': No such file or directory
[3]
$ systole run .
systole: .: the device or a file does not answer as it should: '.' is not a file that can be read
[3]
$ head -c 1000 transformer.onnx >cut.onnx
$ systole run cut.onnx
systole: cut.onnx: the device or a file does not answer as it should: not a ModelProto: a field is cut off or of no known kind
[3]
$ printf 'not a model' >text.onnx
$ systole run text.onnx
systole: text.onnx: the device or a file does not answer as it should: not a ModelProto: a field is cut off or of no known kind
[3]
$ : >empty.onnx
$ systole compare empty.onnx --devices cpu,cpu
systole: empty.onnx: the device or a file does not answer as it should: an ONNX model without a graph (0 bytes)
[3]
$ systole conformance absent
systole: 'absent' is not a folder that can be read
[3]
$ mkdir cases && systole conformance cases
0 cases on cpu: 0 passed, 0 failed, 0 unsupported
$ systole run transformer.onnx --input absent.npy
systole: absent.npy: the device or a file does not answer as it should: 'absent.npy': No such file or directory
[3]
$ printf 'x' >bad.npy; systole run transformer.onnx --input bad.npy
systole: bad.npy: the device or a file does not answer as it should: not a .npy file of a type that is known here (1 bytes)
[3]
$ : >file; systole run transformer.onnx --random 1 --output file/sub --quiet
systole: attention: the device or a file does not answer as it should: 'file/sub/attention.npy' cannot be written: Not a directory
[3]
$ systole run transformer.onnx --input nobody=absent.npy
systole: absent.npy: the device or a file does not answer as it should: 'absent.npy': No such file or directory
[3]
$ systole run transformer.onnx
systole: transformer.onnx: not now: something must come before it: input 'tokens' is not set
systole: --input NAME=FILE sets one input, --random SEED all that are not set
[6]
