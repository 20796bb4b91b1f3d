# SPDX-License-Identifier: Apache-2.0
# Cases of the ONNX package, from the Python package index, run by the tool itself. CONFORMANCE: which of its collections.
CONFORMANCE ?= node simple pytorch-operator pytorch-converted
ONNX_PACKAGE := onnx==1.23.2

build/venv/.onnx:
	$(call say,PIP,$(ONNX_PACKAGE))
	$(Q)python3 -m venv build/venv && build/venv/bin/pip install -q $(ONNX_PACKAGE) && touch $@

build/conformance/%: build/venv/.onnx tests/conformance/write_cases.py
	$(Q)build/venv/bin/python tests/conformance/write_cases.py $* $@ && touch $@

conformance: build/systole $(CONFORMANCE:%=build/conformance/%)
	$(Q)DEVICE='$(or $(DEVICE),cpu)' sh tests/conformance/run.sh $(CONFORMANCE)

.PHONY: conformance
help::
	@echo 'make conformance   cases of the ONNX package on the command (DEVICE=cpu); takes the package from the Python package index'
