# SPDX-License-Identifier: Apache-2.0
# Networks of ../shared/data held against ONNX Runtime, from the Python package index.

help::
	@echo 'make test-ort-operators operators that ONNX Runtime writes into models, each against ONNX Runtime itself (ORT_SEED=$(ORT_SEED))'
	@echo 'make test-ort      MLPerf Tiny networks against ONNX Runtime, layer by layer (MODELS=$(MODELS); takes the package from the Python package index)'

MODELS ?= ../shared/data
ORT_PACKAGES := onnxruntime==1.31.1 onnx==1.23.2
ORT_SEED ?= 1
ORT_DEVICES := cpu hls:16x16 sim:16x16_assert0
.PHONY: test-ort test-ort-run test-ort-operators test-ort-operators-run

build/venv-ort/.packages: tests/ort/rules.mk
	$(call say,PIP,$(ORT_PACKAGES))
	$(Q)python3 -m venv build/venv-ort && build/venv-ort/bin/pip install -q --disable-pip-version-check $(ORT_PACKAGES) && touch $@

# Without the networks or the package it is skipped, and says so.
test-ort:
	$(Q)if ! test -d $(MODELS)/mlperf_tiny; then echo 'SKIP: $(MODELS)/mlperf_tiny is not there'; echo 'test-ort: 0 passed, 0 failed, 1 skipped'; \
	elif ! $(MAKE) build/venv-ort/.packages; then echo 'SKIP: $(ORT_PACKAGES) cannot be installed'; echo 'test-ort: 0 passed, 0 failed, 1 skipped'; \
	else $(MAKE) test-ort-run; fi

test-ort-run: build/systole
	$(Q)$(MAKE) -s sim hls ROWS=16 COLS=16 ASSERT=0
	$(Q)build/venv-ort/bin/python -B tests/ort/test_ort.py $(MODELS) $(ORT_SEED) $(ORT_DEVICES)

# A case of each operator, made by ONNX Runtime, run by the command.
ORT_OPERATOR_DEVICES := cpu hls:4x4
test-ort-operators:
	$(Q)if ! $(MAKE) build/venv-ort/.packages; then echo 'SKIP: $(ORT_PACKAGES) cannot be installed'; \
	echo 'test-ort-operators: 0 passed, 0 failed, 1 skipped'; else $(MAKE) test-ort-operators-run; fi

test-ort-operators-run: build/systole
	$(Q)$(MAKE) -s hls ROWS=4 COLS=4
	$(Q)rm -rf build/ort-operators && build/venv-ort/bin/python -B tests/ort/write_operators.py build/ort-operators $(ORT_SEED)
	$(Q)for device in $(ORT_OPERATOR_DEVICES); do build/systole conformance build/ort-operators --device $$device --quiet || exit 1; done
