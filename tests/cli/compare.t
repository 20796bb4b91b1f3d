# SPDX-License-Identifier: Apache-2.0
$ systole compare transformer.onnx --devices cpu,cpu | sed 's/[0-9]\.[0-9][0-9][0-9]/T.TTT/'
transformer.onnx: random inputs, seed 1; held against cpu

device  seconds  cycles  busy    MACs  products  on host
cpu       T.TTT       -     -  212992        10        0
cpu       T.TTT       -     -  212992        10        0

output     device  elements  differing   share  largest abs  at  largest ULP  at  verdict
attention  cpu          512          0  0.00 %            0   -            0   -  exact
encoded    cpu          512          0  0.00 %            0   -            0   -  exact

EXACT: every output has the same bits on all 2 devices
$ systole compare transformer.onnx --devices cpu --device cpu,precision=x1 | sed 's/[0-9]\.[0-9][0-9][0-9]/T.TTT/'
transformer.onnx: random inputs, seed 1; held against cpu

device            seconds  cycles  busy    MACs  products  on host
cpu                 T.TTT       -     -  212992        10        0
cpu,precision=x1    T.TTT       -     -  212992        10        0

output     device            elements  differing     share  largest abs     at  largest ULP     at  verdict
attention  cpu,precision=x1       512        512  100.00 %  T.TTT311472  [250]        77437  [241]  differs
encoded    cpu,precision=x1       512        512  100.00 %   T.TTT82411  [135]      8828432  [270]  differs

DIFFERS: 2 of 2 outputs have not the bits that cpu gave
$ systole compare transformer.onnx --devices cpu --device cpu,precision=x1 >/dev/null
[1]
# A part with '=' is an option of the device before it; spaces part devices too.
$ systole compare transformer.onnx --devices cpu,cpu,precision=x3,cpu,precision=x6 | grep -c 'precision=x3.*differs'
2
$ systole compare transformer.onnx --devices 'cpu cpu,precision=x6 cpu' | tail -1
EXACT: every output has the same bits on all 3 devices
$ systole compare transformer.onnx --devices cpu,precision=x1,cpu,precision=x1 | tail -1
EXACT: every output has the same bits on all 2 devices
$ json.sh systole compare transformer.onnx --devices cpu,cpu --json
valid
$ json.sh systole compare transformer.onnx --devices cpu,cpu,precision=x1 --json
valid
[1]
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --json | grep '^  "verdict"'
  "verdict": "differs"
$ systole compare transformer.onnx --devices cpu,abacus:3 2>&1 | cut -d, -f1; systole compare transformer.onnx --devices cpu,abacus:3 2>/dev/null
systole: abacus:3: the device string is not understood
[5]
$ systole compare transformer.onnx --devices cpu,hls:5x7 2>&1 | grep -o 'make hls ROWS=5 COLS=7'
make hls ROWS=5 COLS=7
$ systole compare transformer.onnx --devices cpu,hls:5x7 2>/dev/null
[5]
$ systole compare transformer.onnx --devices cpu,cpu,precision=x9 2>/dev/null
[5]
$ systole compare transformer.onnx --devices cpu,cpu --random 9 --json | grep seed
  "seed": 9,
