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
# Layer by layer: free-running, then each layer on the first device's values.
$ systole compare transformer.onnx --devices cpu,cpu --layers | tail -1
EXACT: cpu: every layer has the bits of cpu
$ systole compare transformer.onnx --devices cpu,cpu --layers | sed -n '1,4p'
transformer.onnx: layer by layer, free-running; held against cpu

layer              operator            device  elements  differing   share  largest abs  at  relative  at  ULP  at  NaN/Inf  cycles  verdict
query.matmul       MatMul              cpu          512          0  0.00 %            0   -         0   -    0   -      0/0       -  exact
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --layers | sed -n '4p;8p;$p'
query.matmul       MatMul              cpu,precision=x1       512        512  100.00 %   0.00434768   [64]     1.01016   [413]     8451712  [413]      0/0       -  wrong
query.heads        Transpose           cpu,precision=x1       512        512  100.00 %   0.00434768   [32]     1.01016   [461]     8451712  [461]      0/0       -  wrong
WRONG: cpu,precision=x1: 21 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --isolated | sed -n '4p;8p;$p'
query.matmul       MatMul              cpu,precision=x1       512        512  100.00 %   0.00434768    [64]   1.01016   [413]     8451712   [413]      0/0       -  wrong
query.heads        Transpose           cpu,precision=x1       512          0    0.00 %            0       -         0       -           0       -      0/0       -  exact
WRONG: cpu,precision=x1: 8 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --isolated >/dev/null
[1]
$ json.sh systole compare transformer.onnx --devices cpu,cpu,precision=x1 --isolated --json
valid
[1]
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1,cpu --layers --json | grep -c '"layer"'
21
# The exact chains are those of the device's own precision: there is nothing to follow.
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --bisect | tail -2
WRONG: cpu,precision=x1: 8 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
  its products are right when they are done again: nothing in the chains explains it
$ json.sh systole compare transformer.onnx --devices cpu,cpu,precision=x1 --bisect --json
valid
[1]
# Another order of the same sums is not wrong, fewer bits of the operands are.
$ systole compare transformer.onnx --devices cpu,cpu,precision=f32 --isolated | tail -1
WITHIN BOUND: cpu,precision=f32: 8 of 21 values have not the bits of cpu, but no sum is further off than its order allows
$ systole compare transformer.onnx --devices cpu,cpu,precision=f32 --layers | tail -1
WRONG: cpu,precision=f32: 21 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
$ systole compare resnet8.onnx --devices cpu,cpu,precision=f32 --isolated --json | grep -c 'within bound'
11
$ systole compare transformer.onnx --devices cpu,cpu,precision=x3 --isolated | tail -1
WRONG: cpu,precision=x3: 7 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
# A capture has the inputs too, so that another seed changes nothing.
$ systole compare transformer.onnx --device cpu --random 5 --capture golden | tail -1; head -3 golden/index; ls golden | wc -l
1 inputs and 21 values of cpu are in golden
systole-capture 1
input 000000.npy tokens
value 000001.npy query
23
$ systole compare transformer.onnx --device cpu --random 6 --against golden | tail -1
EXACT: cpu: every layer has the bits of golden
$ systole compare transformer.onnx --device cpu,precision=x1 --against golden --isolated | tail -1
WRONG: cpu,precision=x1: 8 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
$ systole compare resnet8.onnx --device cpu --against golden
systole: golden/index: line 2: the model has no such value: the capture is of another model
[3]
$ sed -i '3d' golden/index; systole compare transformer.onnx --device cpu --against golden
systole: golden: the capture has no 'query'
[3]
$ sed -i '2s,000,../000,' golden/index; systole compare transformer.onnx --device cpu --against golden
systole: golden/index: line 2: the file is not in this folder
[3]
$ : >golden/index; systole compare transformer.onnx --device cpu --against golden
systole: golden: the capture has no 'tokens'
[3]
$ echo nonsense >golden/index; systole compare transformer.onnx --device cpu --against golden
systole: golden/index: line 1: no capture of this version begins so
[3]
$ systole compare transformer.onnx --device cpu --against nowhere
systole: nowhere/index: No such file or directory
[3]
$ systole compare transformer.onnx --device cpu --capture /dev/null/golden
systole: /dev/null/golden/index: Not a directory
[3]
$ systole compare transformer.onnx --device cpu --capture a --against b
systole: --capture writes what --against reads: one of them at a time; see systole help
[2]
$ systole compare transformer.onnx --devices cpu,cpu --layers --profile
systole: --profile and --report are of whole runs, without --layers, --isolated, --bisect, --capture and --against; see systole help
[2]
$ systole compare transformer.onnx --against golden
systole: which device?; see systole help
[2]
