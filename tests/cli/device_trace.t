# SPDX-License-Identifier: Apache-2.0
# needs sim:4x4_trace1
$ systole run transformer.onnx --random 3 --device sim:4x4_trace1 --wave long.fst --quiet && systole run transformer.onnx --random 3 --device sim:4x4_trace1 --wave short.fst --layer scores --quiet && check_wave.py long.fst short.fst
waves
