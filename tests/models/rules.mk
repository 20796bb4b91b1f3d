# SPDX-License-Identifier: Apache-2.0
# Networks that take minutes, or packages: not part of `make test`.

help::
	@echo 'make test-random-models SEED= COUNT=  random networks, node by node: ONNX Runtime, and the same bits on RANDOM_DEVICES'
	@echo 'make test-mutated-cases SEED= COUNT=  cases of the ONNX package with numbers changed: an answer within seconds, and within memory'
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

# Random networks against ONNX Runtime, and device against device; skipped where the packages cannot be installed.
COUNT ?= 200
RANDOM_DEVICES ?= cpu hls:4x4 hls:16x16 sim:4x4
.PHONY: test-random-models test-random-models-run

test-random-models:
	$(Q)if ! $(MAKE) build/venv-ort/.packages; then echo 'SKIP: $(ORT_PACKAGES) cannot be installed'; \
	echo 'test-random-models: 0 passed, 0 failed, 1 skipped'; else $(MAKE) test-random-models-run; fi

test-random-models-run: build/systole
	$(Q)$(MAKE) -s sim hls ROWS=4 COLS=4
	$(Q)$(MAKE) -s hls ROWS=16 COLS=16
	$(Q)build/venv-ort/bin/python -B tests/models/test_random_models.py $(SEED) $(COUNT) $(RANDOM_DEVICES)

# Changed cases of the ONNX package: whatever they ask for, the command answers.
MUTATED_DEVICE ?= cpu
.PHONY: test-mutated-cases

test-mutated-cases: build/systole build/conformance/node
	$(Q)MUTATED_DEVICE='$(MUTATED_DEVICE)' build/venv/bin/python -B -W ignore tests/models/mutated_cases.py build/systole build/conformance/node $(SEED) $(COUNT)
