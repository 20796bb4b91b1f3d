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
systole: absent.onnx: the device or a file does not answer as it should: 'absent.onnx': No such file or directory
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
# A file that was cut or changed, another device, none that is compiled for.
$ head -c 50000 r.bin >cut.bin; systole run cut.bin --random 5 --device hls:4x4 2>/dev/null
[3]
$ printf X | dd of=r.bin bs=1 seek=100000 conv=notrunc 2>/dev/null; systole run r.bin --random 5 --device hls:4x4 2>/dev/null
[3]
$ systole run r.bin --random 5 2>/dev/null >/dev/null
[3]
$ systole run r.bin --random 5 --device abacus:1 2>/dev/null
[5]
