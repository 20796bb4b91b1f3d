# SPDX-License-Identifier: Apache-2.0
# Free dimensions: what they are is told, and can be said.
$ write_model.py --free free.onnx y; systole run free.onnx
systole: free.onnx: input 'x' is not set: 2x? of float32
systole: --input NAME=FILE sets one input, --random SEED all that are not set
[6]
$ systole run free.onnx --random 1
systole: the free dimensions of input 'x' are taken as 1: 2x?; --shape says others
cpu: 0 products, 0 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
y: float32 2x1 = 0.13312304 0.491563439
$ systole run free.onnx --random 1 --quiet
$ systole run free.onnx --random 1 --shape 2x3
cpu: 0 products, 0 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
y: float32 2x3 = 0.13312304 0.491563439 0.942005396 -0.111281633 -0.111470699 0.525788665
$ systole run free.onnx --random 1 --shape x=2x0
cpu: 0 products, 0 MACs; on the host: 0 the device does not take, 0 with an infinity or a NaN
y: float32 2x0 =
$ systole run free.onnx --random 1 --shape 3x3
systole: --shape: input 'x' is not 3x3: the model says 2x?
[6]
$ systole run free.onnx --random 1 --shape z=2x3
systole: --shape z=2x3: the model has no such input
[2]
$ systole run free.onnx --random 1 --shape 2by3
systole: --shape takes [NAME=] and sizes with x between, as 1x3x224x224; see systole help
[2]
$ systole explain free.onnx --device hls:4x4
systole: the free dimensions of input 'x' are taken as 1: 2x?; --shape says others
node  operator  where  program  instructions  MACs  in  out  how, or why not
#0    Identity  host         -             -     -   -    -  no product beside it

0 programs; 0 nodes on the device, 0 fused into them, 1 on the host
$ systole compile free.onnx --shape 2x4 --device hls:4x4 --output free.bin --quiet && systole run free.bin --random 1 --shape 2x4 --device hls:4x4 --quiet --output o && ls o
y.npy
