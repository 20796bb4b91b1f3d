# SPDX-License-Identifier: Apache-2.0
# A large network from end to end: minutes, so not part of `make test`.

help::
	@echo 'make test-resnet50 ResNet-50 on the 16x16 HLS C and RTL, and the cpu, layer by layer (PRECISION=x1, about two minutes; x6 ten)'

PRECISION ?= x1
RESNET50_SEED ?= 1
.PHONY: test-resnet50

build/models/resnet50: build/venv/.onnx tests/models/write_resnet50.py
	$(call say,ONNX,$@)
	$(Q)build/venv/bin/python -B tests/models/write_resnet50.py $@ $(RESNET50_SEED)

test-resnet50: build/systole build/models/resnet50
	$(Q)$(MAKE) -s sim hls ROWS=16 COLS=16 ASSERT=0
	$(Q)sh tests/models/resnet50.sh build/models/resnet50 $(PRECISION) sim:16x16_assert0 hls:16x16
