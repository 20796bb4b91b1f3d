# SPDX-License-Identifier: Apache-2.0
# Networks of ../shared/data held against ONNX Runtime, from the Python package index.

help::
	@echo 'make test-ort      MLPerf Tiny networks against ONNX Runtime, layer by layer (MODELS=$(MODELS); takes the package from the Python package index)'

MODELS ?= ../shared/data
ORT_PACKAGES := onnxruntime==1.31.1 onnx==1.23.2
ORT_SEED ?= 1
ORT_DEVICES := cpu hls:16x16 sim:16x16_assert0
.PHONY: test-ort test-ort-run

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
