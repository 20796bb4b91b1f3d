# SPDX-License-Identifier: Apache-2.0
# The plug-in for ONNX Runtime, in the ONNX Runtime of the Python package index; and what of it can be tested without one.

help::
	@echo 'make test-ort-ep   the plug-in (docs/onnx-runtime-ep.md) in ONNX Runtime, on $(ORT_EP_DEVICE) and $(ORT_EP_SIM)'
	@echo '                   (takes ONNX Runtime from the Python package index)'
	@echo 'make check-ort-abi ORT_INCLUDE=  what the plug-in knows of ONNX Runtime against its headers, where they are'

.PHONY: test-ort-ep test-ort-ep-run check-ort-plugin check-ort-abi
TEST_CHECKS += check-ort-plugin check-ort-abi
ORT_EP_DEVICE ?= hls:16x16
ORT_EP_SIM ?= sim:16x16_assert0
ORT_EP_SEED ?= 1
# Where the headers of ONNX Runtime are, if they are anywhere: they come with its source and with distributions, not with the Python package.
ORT_INCLUDE ?= $(firstword $(dir $(wildcard $(foreach d,/usr/include /usr/local/include,$d/onnxruntime_c_api.h $d/onnxruntime/onnxruntime_c_api.h \
    $d/onnxruntime/core/session/onnxruntime_c_api.h))))

# Without ONNX Runtime: is an old one refused, and a second one in the process?
build/tests/test_ort_plugin: build/obj/tests/ort_ep/test_plugin.o build/libsystole_ort_ep.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $< -lcmocka -ldl

check-ort-plugin: build/tests/test_ort_plugin
	$(Q)build/tests/test_ort_plugin

check-ort-abi:
	$(Q)if test -z '$(ORT_INCLUDE)'; then echo 'SKIP: no headers of ONNX Runtime (ORT_INCLUDE=)'; echo 'check-ort-abi: 0 passed, 0 failed, 1 skipped'; \
	else $(CC) -std=c11 -Wall -Wextra -Werror -I. -isystem '$(ORT_INCLUDE)' -fsyntax-only tests/ort_ep/check_abi.c && \
	    echo 'check-ort-abi: 1 passed, 0 failed, 0 skipped'; fi

test-ort-ep:
	$(Q)if ! $(MAKE) build/venv-ort/.packages; then echo 'SKIP: $(ORT_PACKAGES) cannot be installed'; \
	    echo 'test-ort-ep: 0 passed, 0 failed, 1 skipped'; else $(MAKE) test-ort-ep-run; fi

test-ort-ep-run: build/libsystole_ort_ep.so build/tests/libsystole_fake.so
	$(Q)$(MAKE) -s sim hls ROWS=16 COLS=16 ASSERT=0
	$(Q)build/venv-ort/bin/python -B tests/ort_ep/test_ort_ep.py $(MODELS) $(ORT_EP_SEED) $(ORT_EP_DEVICE) $(ORT_EP_SIM)
