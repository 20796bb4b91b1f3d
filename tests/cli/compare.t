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
systole: abacus:3: no device is called "abacus"; there are cpu
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

layer              operator            device  elements  differing   share  largest abs  at  relative  at  ULP  at  NMSE  NaN/Inf  cycles  verdict
query.matmul       MatMul              cpu          512          0  0.00 %            0   -         0   -    0   -     0      0/0       -  exact
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --layers | sed -n '4p;8p;$p'
query.matmul       MatMul              cpu,precision=x1       512        512  100.00 %   0.00434768   [64]     1.01016   [413]     8451712  [413]  5.67e-06      0/0       -  wrong
query.heads        Transpose           cpu,precision=x1       512        512  100.00 %   0.00434768   [32]     1.01016   [461]     8451712  [461]  5.67e-06      0/0       -  wrong
WRONG: cpu,precision=x1: 21 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
$ systole compare transformer.onnx --devices cpu,cpu,precision=x1 --isolated | sed -n '4p;8p;$p'
query.matmul       MatMul              cpu,precision=x1       512        512  100.00 %   0.00434768    [64]   1.01016   [413]     8451712   [413]  5.67e-06      0/0       -  wrong
query.heads        Transpose           cpu,precision=x1       512          0    0.00 %            0       -         0       -           0       -         0      0/0       -  exact
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
# What each layer took, and each device in one line.
$ systole compare transformer.onnx --devices cpu,cpu --layers --profile | sed -n '/^layer *operator *device *seconds/,$p' | sed '2,22d;s/[0-9][0-9]*\.[0-9]*\( [kMGT]\/s\| %\|\)/N/g;s/not counted.*/WHY/' | tr -s ' '
layer operator device seconds cycles MACs rate of peak

device exact within wrong ULP in layer NMSE seconds cycles MACs of peak energy verdict
cpu 21 0 0 - - 0 N - N N - exact

ULP, NMSE: the largest of a layer. of peak: of what the array, or the processor, could have done in that time. energy: cpu: WHY

EXACT: cpu: every layer has the bits of cpu
$ systole compare transformer.onnx --devices cpu,cpu,precision=f32 --isolated --json | python3 -c 'import json, sys; r = json.load(sys.stdin); d = r["devices"][0]; l = r["layers"]; print(d["verdict"], d["exact"], d["within_bound"], d["wrong"], d["macs"], d["rate_unit"], d["share_of_peak"] < 1, (d["joules"] is None) == d["joules_from"].startswith("not counted")); x = [v["against"][0] for v in l]; print(sum(v["macs"] for v in x) == d["macs"], all((v["rate"] is None) == (v["macs"] == 0) and (v["mismatches"] > 0) == (v["nmse"] > 0) for v in x))'
within bound 13 8 0 212992 MACs/s True True
True True
# The page: every layer on every device, histograms and maps where bits differ.
$ systole compare transformer.onnx --devices cpu,cpu,cpu,precision=f32,cpu,precision=x1 --isolated --report page.html | tail -3; check_page.py page.html | cut -d\' -f1-4; grep -o 'aria-label="[^":,]*' page.html | sort | uniq -c | tr -s ' '
EXACT: cpu: every layer has the bits of cpu
WITHIN BOUND: cpu,precision=f32: 8 of 21 values have not the bits of cpu, but no sum is further off than its order allows
WRONG: cpu,precision=x1: 8 of 21 values; the first wrong layer is 'query.matmul' (MatMul)
page.html: whole; plots: ['Layers and devices', 'How far the elements of each layer lie from what was wanted
 16 aria-label="Errors of a layer
 2 aria-label="How far the elements of each layer lie from what was wanted
 1 aria-label="Layers and devices
$ grep -c 'within bound' page.html; grep -o '<h2>Errors on <code>[^<]*' page.html
33
<h2>Errors on <code>cpu,precision=f32
<h2>Errors on <code>cpu,precision=x1
$ systole compare transformer.onnx --devices cpu,cpu --layers --quiet --report same.html | tail -1; check_page.py same.html
EXACT: cpu: every layer has the bits of cpu
same.html: whole; plots: ['Layers and devices']
$ LC_ALL=C sed 's/query\.matmul/<b>"\&\x1b[1m\xff\x07l/g' transformer.onnx >odd.onnx; systole compare odd.onnx --devices cpu,cpu,precision=x1 --layers --report odd.html >/dev/null; check_page.py odd.html | cut -d\; -f1
odd.html: whole
$ systole compare transformer.onnx --devices cpu,cpu --layers --report absent/page.html
systole: absent/page.html: No such file or directory
[3]
# Energy, where the platform counts it.
$ mkdir -p rapl/intel-rapl:0 && echo 1000 >rapl/intel-rapl:0/energy_uj; SYSTOLE_POWERCAP=rapl systole compare transformer.onnx --devices cpu,cpu --layers | grep -o 'energy: .*\|0 J'
0 J
energy: cpu: RAPL, 1 package of the whole computer
# What others wrote is held against too: ONNX's pairs, what run wrote, one file.
$ systole run transformer.onnx --random 7 --output out --quiet; ls out
attention.npy
encoded.npy
$ mkdir pairs; cp out/attention.npy pairs/output_0.npy; cp out/encoded.npy pairs/output_1.npy; systole compare transformer.onnx --device cpu --random 7 --against pairs | sed '1,2d;/^device/,$d' | tr -s ' ' | cut -d' ' -f1-6
layer operator device elements differing share
attention Softmax cpu 512 0 0.00
encoded LayerNormalization cpu 512 0 0.00

$ systole compare transformer.onnx --device cpu --random 7 --against pairs | tail -1; systole compare transformer.onnx --device cpu --random 7 --against out | tail -1
EXACT: cpu: every layer has the bits of pairs
EXACT: cpu: every layer has the bits of out
$ systole compare transformer.onnx --device cpu --random 8 --against out | tail -1
WRONG: cpu: 2 of 2 values; the first wrong layer is 'attention' (Softmax)
$ systole compare transformer.onnx --device cpu --random 7 --against encoded=out/encoded.npy | tail -1
EXACT: cpu: every layer has the bits of encoded=out/encoded.npy
$ systole compare transformer.onnx --device cpu --random 7 --against out/encoded.npy
systole: --against FILE is for a model with one output; of another say which, as NAME=FILE; see systole help
[2]
$ systole compare transformer.onnx --device cpu --random 7 --against nothing=out/encoded.npy
systole: nothing=out/encoded.npy: no node of the model makes a value 'nothing'; compare --layers --json lists them
[3]
$ systole compare transformer.onnx --device cpu --random 7 --against encoded=out/attention.npy | tail -1
WRONG: cpu: 1 of 1 values; the first wrong layer is 'encoded' (LayerNormalization)
$ systole compare transformer.onnx --device cpu --random 7 --against out --isolated
systole: --isolated and --bisect take every value of a run: --against a folder that --capture wrote; see systole help
[2]
$ systole compare transformer.onnx --device cpu --capture all >/dev/null; cp all/000000.npy pairs/input_0.npy; systole compare transformer.onnx --device cpu --against pairs | tail -1; systole compare transformer.onnx --device cpu --random 5 --input out/encoded.npy --against pairs
WRONG: cpu: 2 of 2 values; the first wrong layer is 'attention' (Softmax)
systole: the inputs are those of --against: no --input with it; see systole help
[2]
$ systole run transformer.onnx --input all/000000.npy --output right --quiet; write_case.py cases all/000000.npy right/attention.npy right/encoded.npy; ls cases/test_data_set_0; systole compare transformer.onnx --device cpu --against cases/test_data_set_0 --random 99 | tail -1
input_0.pb
output_0.pb
output_1.pb
EXACT: cpu: every layer has the bits of cases/test_data_set_0
$ systole compare transformer.onnx --device cpu --input all/000000.npy --against encoded=cases/test_data_set_0/output_1.pb | tail -1
EXACT: cpu: every layer has the bits of encoded=cases/test_data_set_0/output_1.pb
$ mkdir empty; systole compare transformer.onnx --device cpu --against empty
systole: empty: neither an index, nor output_0.pb or output_0.npy, nor a .npy file named like an output of the model
[3]
$ systole compare transformer.onnx --device cpu --against encoded=golden.npz
systole: 'golden.npz' is an archive of arrays: unpack it (it is a zip file) and give one of its .npy files
[3]
$ systole compare transformer.onnx --against golden
systole: which device?; see systole help
[2]
