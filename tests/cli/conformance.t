# SPDX-License-Identifier: Apache-2.0
# Cases that pass, that have another result, that have no data, that cannot be read.
$ systole run transformer.onnx --random 3 --output out --quiet; python3 -c 'import struct, sys; h = "{\x27descr\x27: \x27<f4\x27, \x27fortran_order\x27: False, \x27shape\x27: (1, 16, 32), }".ljust(117) + "\n"; sys.stdout.buffer.write(b"\x93NUMPY\x01\x00" + len(h).to_bytes(2, "little") + h.encode() + struct.pack("<512f", *[i / 512 - 0.5 for i in range(512)]))' >in.npy; systole run transformer.onnx --input in.npy --output want --quiet; ls want
attention.npy
encoded.npy
$ for c in right wrong none; do mkdir -p cases/$c && cp transformer.onnx cases/$c/model.onnx; done; write_case.py cases/right in.npy want/attention.npy want/encoded.npy; write_case.py cases/wrong in.npy out/attention.npy want/encoded.npy
$ mkdir cases/torn cases/empty && head -c 500 transformer.onnx >cases/torn/model.onnx
$ systole conformance cases
failed      none: there is no test_data_set_0
failed      torn: not an ONNX file (ModelProto), or not all of one: a field is cut off or of no known kind
failed      wrong: output 'attention': element 0 is 0.0897791907; wanted 0.0467955396
4 cases on cpu: 1 passed, 3 failed, 0 unsupported
[1]
$ systole conformance cases --verbose 2>/dev/null | grep right
passed      right
$ json.sh systole conformance cases --json
valid
[1]
$ systole conformance cases --json 2>/dev/null | grep '"passed":\|"failed":\|"unsupported":'
  "passed": 1,
  "failed": 3,
  "unsupported": 0,
$ rm -r cases/wrong cases/none cases/torn; systole conformance cases
1 cases on cpu: 1 passed, 0 failed, 0 unsupported
$ systole conformance cases --device abacus:1 2>/dev/null
[5]
