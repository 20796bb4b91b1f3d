# SPDX-License-Identifier: Apache-2.0
# What is not understood is exit code 2, said with what was wrong.
$ systole
systole: which verb?; see systole help
[2]
$ systole frobnicate
systole: there is no such verb; see systole help
[2]
$ systole version
systole 0.1.0
$ systole --version
systole 0.1.0
$ systole version now
systole version: unexpected now; see systole help version
[2]
$ systole version --json
{
  "version": "0.1.0"
}
$ systole help frobnicate
systole: there is no such verb; see systole help
[2]
$ systole help run run
systole help: one at a time; unexpected run; see systole help help
[2]
$ systole help version
usage: systole version [OPTION ...]

Prints the version.

  --json                     standard output is one JSON object
  --quiet                    no progress and no remarks on standard error; errors stay
  --help                     prints this
$ systole run
systole: which model?; see systole help
[2]
$ systole run a.onnx b.onnx
systole run: one at a time; unexpected b.onnx; see systole help run
[2]
$ systole run --colour red
systole run: unknown option --colour; see systole help run
[2]
$ systole run --device
systole run: a value is missing after --device; see systole help run
[2]
# An option that is no list is given once.
$ systole run model.onnx --device cpu --device hls:4x4
systole run: given twice: --device; see systole help run
[2]
$ systole run model.onnx --random 1 --random 1
systole run: given twice: --random; see systole help run
[2]
$ systole run model.onnx --json --json
systole run: given twice: --json; see systole help run
[2]
$ systole sweep model.onnx --report a.html --report=b.html
systole sweep: given twice: --report; see systole help sweep
[2]
$ systole bench gemm --type f32 --repeat 2 --type int8
systole bench: given twice: --type; see systole help bench
[2]
$ systole run absent.onnx --input a=1.npy --input b=2.npy 2>&1 | cut -c1-20
systole: 'absent.onn
$ systole run --json=1
systole run: no value belongs to --json; see systole help run
[2]
$ systole run --random
systole run: a value is missing after --random; see systole help run
[2]
$ systole run --random many model.onnx
systole: --random takes a number; see systole help
[2]
$ systole run --random -1 model.onnx
systole: --random takes a number; see systole help
[2]
$ systole run --random 18446744073709551616 model.onnx
systole: --random takes a number; see systole help
[2]
$ systole run --input
systole run: a value is missing after --input; see systole help run
[2]
$ systole compare
systole: which model?; see systole help
[2]
$ systole compare model.onnx
systole: compare takes two devices or more; see systole help
[2]
$ systole compare model.onnx --devices cpu
systole: compare takes two devices or more; see systole help
[2]
$ systole compare model.onnx --devices cpu,,cpu
systole: a device's name is empty or too long; see systole help
[2]
$ systole compare model.onnx --devices cpu,cpu --colour red
systole compare: unknown option --colour; see systole help compare
[2]
$ systole conformance
systole: which folder of cases?; see systole help
[2]
$ systole conformance a b
systole conformance: one at a time; unexpected b; see systole help conformance
[2]
$ systole version >/dev/full
systole: standard output: No space left on device
[3]
$ systole run model.onnx --random 1 --layer conv1
systole: --layer is the layer of --wave or --view; see systole help
[2]
$ systole trace model.onnx --random 1
systole: what is to be written? --view FILE.html, --wave FILE.fst or --trace FILE; see systole help
[2]
