# SPDX-License-Identifier: Apache-2.0
# On a terminal: colours unless NO_COLOR is set, a bar unless --quiet, and the bar is taken away.
$ terminal.py systole compare transformer.onnx --devices cpu,cpu --quiet
colours: yes
bar: no
bar left behind: no
last: EXACT: every output has the same bits on all 2 devices
$ NO_COLOR=1 terminal.py systole compare transformer.onnx --devices cpu,cpu --quiet
colours: no
bar: no
bar left behind: no
last: EXACT: every output has the same bits on all 2 devices
$ NO_COLOR= terminal.py systole compare transformer.onnx --devices cpu,cpu --quiet
colours: yes
bar: no
bar left behind: no
last: EXACT: every output has the same bits on all 2 devices
$ SYSTOLE_PROGRESS=0 terminal.py systole run transformer.onnx --random 1
colours: no
bar: yes
bar left behind: no
last: cpu: 10 products, 212992 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
$ SYSTOLE_PROGRESS=0 terminal.py systole run transformer.onnx --random 1 --quiet
colours: no
bar: no
bar left behind: no
last: 
$ terminal.py systole run absent.onnx
colours: no
bar: no
bar left behind: no
last: systole: 'absent.onnx': No such file or directory
[3]
