# SPDX-License-Identifier: Apache-2.0
# needs sim:4x4
$ systole compare transformer.onnx --random 7 --devices cpu,sim:4x4 | tail -1
EXACT: every output has the same bits on all 2 devices
$ json.sh systole run transformer.onnx --random 7 --device sim:4x4 --profile --json
valid
$ systole run transformer.onnx --random 7 --device sim:4x4 --profile --quiet | sed -n '1s/  */ /gp'
step operator where cycles share use array vector empty token weights chain MACs read written seconds remark
# Every cycle is counted as one share; MACs and bytes of the steps are the run's; every step says where it ran.
$ systole run transformer.onnx --random 7 --device sim:4x4 --profile --json | check_profile.py
consistent
$ systole devices sim:4x4 | sed -n 1,4p
capability     value  meaning
ROWS               4  Rows of the array: elements of one step of a chain
COLS               4  Columns of the array: lanes of an accumulator row
HAS_FP             1  1: bf16 arithmetic is built in
$ json.sh systole devices sim:4x4 --json
valid
# A device's cycles do not vary.
$ systole bench gemm 16x16x16 --device sim:4x4 --repeat 3 --json | grep -o '"cycles_steady": [a-z]*'
"cycles_steady": true
$ systole bench conv 4x8x8:6x3x3 --type int8 --device sim:4x4 --repeat 3 --json | grep -o '"cycles_steady": [a-z]*'
"cycles_steady": true
