# SPDX-License-Identifier: Apache-2.0
# Runs on the cpu: the values are part of the specification.
$ systole run transformer.onnx --random 3
cpu: 10 products, 212992 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
attention: float32 1x2x16x16 = 0.0467955396 0.0472803265 0.0903510526 0.0755577609 0.0513941646 0.0687194392 0.0700952709 0.0479323603 0.0653841421 0.0717431605 ...
encoded: float32 1x16x32 = -1.31121647 0.610285521 0.39272517 -1.17840612 -0.70858407 0.47450465 -1.28124893 -0.284339964 0.80818516 1.42156541 ...
$ systole run transformer.onnx --random 3 --quiet
$ systole run transformer.onnx --random=3 --output out --quiet; ls out
attention.npy
encoded.npy
$ json.sh systole run transformer.onnx --random 3 --json
valid
$ json.sh systole run transformer.onnx --random 3 --profile --output out --json
valid
$ systole run transformer.onnx --random 3 --json 2>&1 >/dev/null
$ systole run transformer.onnx --random 3 --quiet --profile | awk '{ print $1, $2, $3, $4 }'
step operator where MACs
query.matmul MatMul host 16384
key.matmul MatMul host 16384
value.matmul MatMul host 16384
query.heads.split Reshape host -
query.heads Transpose host -
key.heads.split Reshape host -
key.heads Transpose host -
value.heads.split Reshape host -
value.heads Transpose host -
scores MatMul host 8192
scores.scaled Mul host -
attention Softmax host -
mixed MatMul host 8192
mixed.rows Transpose host -
mixed.joined Reshape host -
projection.matmul MatMul host 16384
norm1 LayerNormalization host -
hidden.matmul MatMul host 65536
gelu Gelu host -
narrow.matmul MatMul host 65536
encoded LayerNormalization host -
----------------------------------------------------------------------------------------   
all 212992 - -
$ systole run transformer.onnx --random 3 --profile --json | python3 -c 'import json, sys; r = json.load(sys.stdin); print(sum(s["macs"] for s in r["steps"]) == r["totals"]["macs"], len(r["steps"]))'
True 21
$ systole run --random 3 --quiet -- transformer.onnx --random
systole run: one at a time; unexpected --random; see systole help run
[2]
# An output is an input again, as .npy, .pb or bytes, by name or in order; the same values come out.
$ python3 -c 'import struct, sys; sys.stdout.buffer.write(b"".join(struct.pack("<f", i / 512 - 0.5) for i in range(512)))' >tokens.raw
$ systole run transformer.onnx --input tokens=tokens.raw --output raw 2>/dev/null
attention: float32 1x2x16x16 = 0.0897791907 0.0852199718 0.0808922797 0.0767843649 0.0728850588 0.0691837668 0.0656704381 0.062335521 0.059169963 0.0561651625 ...
encoded: float32 1x16x32 = -0.94759357 1.75331962 -1.17375493 -1.2101872 1.50567281 0.640802741 0.904841721 1.89138091 -1.02587116 -0.654072881 ...
$ python3 -c 'import sys; h = "{\x27descr\x27: \x27<f4\x27, \x27fortran_order\x27: False, \x27shape\x27: (1, 16, 32), }"; h = h.ljust(117) + "\n"; sys.stdout.buffer.write(b"\x93NUMPY\x01\x00" + len(h).to_bytes(2, "little") + h.encode() + open("tokens.raw", "rb").read())' >tokens.npy
$ systole run transformer.onnx --input tokens.npy --output npy --quiet && cmp raw/encoded.npy npy/encoded.npy && cmp raw/attention.npy npy/attention.npy && echo the same
the same
$ head -c 2044 tokens.raw >short.raw; systole run transformer.onnx --input short.raw
systole: short.raw: 2044 bytes for input 'tokens': the model wants 2048
[3]
$ systole run transformer.onnx --input absent.raw
systole: absent.raw: No such file or directory
[3]
$ systole run transformer.onnx --input nobody=tokens.raw
systole: tokens.raw: 2048 bytes for input 'nobody': the model does not say the input's type and shape; give a .npy or .pb file
[3]
$ systole run transformer.onnx --input tokens.raw --input tokens.raw
systole: more inputs than the model has; see systole help
[2]
$ systole run transformer.onnx --input tokens=npy/attention.npy
systole: npy/attention.npy: input 'tokens' does not take 1x2x16x16 of float32: the model says 1x16x32 of float32
[6]
# Progress, where there is no terminal: a line at each step when asked for; none with --quiet.
$ SYSTOLE_PROGRESS=0 systole run transformer.onnx --random 3 2>&1 >/dev/null | sed -n 's/, [0-9]*:[0-9]*\( to go\)*//g; 1,3p; $p'
systole: cpu: 0 of 21; query.matmul
systole: cpu: 1 of 21; key.matmul
systole: cpu: 2 of 21; value.matmul
cpu: 10 products, 212992 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
$ SYSTOLE_PROGRESS=0 systole run transformer.onnx --random 3 --quiet
