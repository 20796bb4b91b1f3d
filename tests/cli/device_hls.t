# SPDX-License-Identifier: Apache-2.0
# needs hls:4x4
$ systole compare transformer.onnx --random 7 --devices cpu,hls:4x4 | tail -1
EXACT: every output has the same bits on all 2 devices
$ json.sh systole run transformer.onnx --random 7 --device hls:4x4 --profile --json
valid
$ systole run transformer.onnx --random 7 --device hls:4x4 --profile --quiet | sed -n '1s/  */ /gp'
step operator where MACs read written seconds remark
# Every cycle is counted as one share; MACs and bytes of the steps are the run's; every step says where it ran.
$ systole run transformer.onnx --random 7 --device hls:4x4 --profile --json | check_profile.py
consistent
$ systole roofline hls:4x4
systole: hls:4x4: it counts no cycles; the fast model of the same configuration, model:ROWSxCOLS, has those of the RTL
[4]
