# SPDX-License-Identifier: Apache-2.0
# Pages and traces. Names in a file may be anything.
$ systole run transformer.onnx --random 3 --quiet --report cpu.html && check_page.py cpu.html
cpu.html: whole; plots: ['The steps of the run']
$ systole compare transformer.onnx --devices cpu,cpu --quiet --report two.html | tail -1 && check_page.py two.html
EXACT: every output has the same bits on all 2 devices
two.html: whole; plots: ['The steps of the run']
$ LC_ALL=C sed 's/query\.matmul/<b>"\&\x1b[1m\xff\x07l/g' transformer.onnx >odd.onnx
$ systole run odd.onnx --random 3 --quiet --report odd.html --trace odd.json --profile | sed -n 2p | tr -s ' ' | cut -d' ' -f1-3
<b>"&\x1b[1m\xff\x07l MatMul host
# Nothing that a file calls a thing moves the cursor, wherever its name is printed.
$ systole run odd.onnx --random 3 --quiet --wave a.fst --layer "$(printf 'a\033[1m')"
systole: there is no step 'a\x1b[1m'; --profile lists them
[2]
$ write_model.py names.onnx "$(printf 'a\033]0;b\007')" "$(printf 'c\nsystole: all is well')"; systole run names.onnx --random 1 2>&1
cpu: 0 products, 0 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
a\x1b]0;b\x07: float32 3 = 0.13312304 0.491563439 0.942005396
c\x0asystole: all is well: float32 3 = -0.13312304 -0.491563439 -0.942005396
$ systole run names.onnx 2>&1; systole compare names.onnx --devices cpu,cpu --layers | cat -v | sed -n '4,5s/^/> /p' | tr -s ' '
systole: names.onnx: input 'x' is not set: 3 of float32
systole: --input NAME=FILE sets one input, --random SEED all that are not set
> #0 Identity cpu 3 0 0.00 % 0 - 0 - 0 - 0 0/0 - exact
> #1 Neg cpu 3 0 0.00 % 0 - 0 - 0 - 0 0/0 - exact
$ LC_ALL=C sed 's/encoded/en\x1b[7md/g' transformer.onnx >escape.onnx; systole compare escape.onnx --devices cpu,cpu,precision=x1 | cat -v | tail -3 | tr -s ' ' | cut -d' ' -f1-4
en\x1b[7md cpu,precision=x1 512 512

DIFFERS: 2 of 2
$ LC_ALL=C sed 's/Softmax/Sof\x1b[1m/' transformer.onnx >escape.onnx; systole run escape.onnx --random 1
systole: escape.onnx: node 'attention' (Sof\x1b[1m): there is no such operator here for version 20 of ONNX's own operators; docs/models.md says what to do
[4]
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
systole: cpu: nothing took cycles of the device: there is nothing to record
[2]
