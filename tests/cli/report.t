# SPDX-License-Identifier: Apache-2.0
# Pages and traces. Names in a file may be anything.
$ systole run transformer.onnx --random 3 --quiet --report cpu.html && check_page.py cpu.html
cpu.html: whole; plots: ['The steps of the run']
$ systole compare transformer.onnx --devices cpu,cpu --quiet --report two.html | tail -1 && check_page.py two.html
EXACT: every output has the same bits on all 2 devices
two.html: whole; plots: ['The steps of the run']
$ LC_ALL=C sed 's/query\.matmul/<b>"\&\x1b[1m\xff\x07l/g' transformer.onnx >odd.onnx
$ systole run odd.onnx --random 3 --quiet --report odd.html --trace odd.json --profile | sed -n 2p | tr -s ' ' | cut -d' ' -f1-3
<b>"&?[1m??l MatMul host
$ check_page.py odd.html; python3 -m json.tool odd.json >/dev/null && echo valid
odd.html: whole; plots: ['The steps of the run']
valid
$ json.sh systole run odd.onnx --random 3 --profile --json
valid
$ systole run transformer.onnx --random 3 --quiet --trace cpu.json; python3 -c 'import json; e = json.load(open("cpu.json"))["traceEvents"]; x = [s for s in e if s["ph"] == "X"]; print(len(x), all(a["ts"] + a["dur"] <= b["ts"] for a, b in zip(x, x[1:])))'
21 True
$ systole run transformer.onnx --random 3 --quiet --report absent/a.html
systole: absent/a.html: No such file or directory
[3]
$ systole run transformer.onnx --random 3 --quiet --trace absent/a.json
systole: absent/a.json: No such file or directory
[3]
$ systole run transformer.onnx --random 3 --quiet --report /dev/full
systole: /dev/full: No space left on device
[3]
$ systole run transformer.onnx --random 3 --quiet --report - | tail -1
</main></body></html>
$ systole run transformer.onnx --random 3 --quiet --wave a.fst
systole: cpu: nothing took cycles of the device: there are no waves
[2]
