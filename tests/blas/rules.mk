# SPDX-License-Identifier: Apache-2.0
# The BLAS provider tested: level 3 on devices, and unmodified programs that train through it.

help::
	@echo 'make test-blas     the BLAS provider: level 3 on BLAS_DEVICE=hls:16x16, NumPy, PyTorch and Octave training through it'

.PHONY: test-blas test-blas-level3
TEST_CHECKS += test-blas-level3

BLAS_TEST_SRC := $(wildcard tests/blas/*.c)
build/tests/test_level3: $(BLAS_TEST_SRC:%.c=build/obj/%.o) build/blas/libblas.so.3
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -rdynamic -o $@ $^ -Wl,-rpath,'$$ORIGIN/../blas' -Wl,--allow-shlib-undefined -lm

# A device that `make test` builds.
test-blas-level3: build/tests/test_level3
	$(Q)SYSTOLE_BLAS_DEVICE=hls:4x4 SYSTOLE_BLAS_MIN=0 build/tests/test_level3

BLAS_DEVICE ?= hls:16x16
test-blas: blas build/tests/test_level3
	$(Q)$(MAKE) hls ROWS=16 COLS=16
	$(Q)DEVICE='$(BLAS_DEVICE)' sh tests/blas/run.sh
