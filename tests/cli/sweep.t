# SPDX-License-Identifier: Apache-2.0
# Outputs that differ from the first point's are exit code 1.
$ systole sweep
systole: which model?; see systole help
[2]
$ systole sweep absent.onnx --devices cpu
systole: 'absent.onnx': No such file or directory
[3]
$ systole sweep transformer.onnx --devices cpu --memory slow
systole: --memory takes options of the simulated memory, as latency=200,bandwidth=16; see systole help
[2]
$ systole sweep transformer.onnx --devices cpu,abacus:1 --quiet 2>&1 | cut -c1-40
systole: abacus:1: no device is called "
$ systole sweep transformer.onnx --devices cpu,abacus:1 2>/dev/null
[5]
$ mkdir none; SYSTOLE_LIBRARY_PATH=none systole sweep transformer.onnx --devices hls:5x7 2>/dev/null
[5]
$ systole sweep transformer.onnx --devices cpu --quiet | tr -s ' ' | sed 's/[0-9]*\.[0-9][0-9][0-9]/T.TTT/'
device MACs/cycle kGE cycles speed busy use read written seconds front
cpu - - - - - - - - T.TTT

speed: against the first. kGE: the array's and the memories' area, an estimate (docs/resources.md).
front: with the same memory none has fewer cycles and no more area; or moves no more bytes.
$ systole sweep transformer.onnx --devices cpu,cpu,precision=x1 --quiet | sed -n 1p | tr -s ' '
systole: 2 outputs have not the bits that cpu gave
device MACs/cycle kGE cycles speed busy use read written seconds front
$ systole sweep transformer.onnx --devices cpu,cpu,precision=x1 --json 2>/dev/null | grep verdict
  "verdict": "differs"
$ systole sweep transformer.onnx --devices cpu,cpu,precision=x1 2>&1 >/dev/null
systole: 2 outputs have not the bits that cpu gave
[1]
$ json.sh systole sweep transformer.onnx --devices cpu,cpu,precision=x1 --json
valid
[1]
$ systole sweep transformer.onnx --devices cpu --quiet --report a.html >/dev/null && check_page.py a.html
a.html: whole; plots: []
$ systole sweep transformer.onnx --devices cpu --quiet --report absent/a.html
systole: absent/a.html: No such file or directory
[3]
