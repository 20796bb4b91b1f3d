# SPDX-License-Identifier: Apache-2.0
# How what is handed out was built.

help::
	@echo 'make test-hardened checks of stacks and copies, RELRO, PIE in the programs and libraries that were built'

.PHONY: test-hardened
TEST_CHECKS += test-hardened
test-hardened: build/systole build/libsystole.so build/libsystole_blas.so build/systole-bitstream
	$(Q)$(MAKE) sim hls model ROWS=4 COLS=4
	$(Q)sh tests/hardened/run.sh build/systole build/systole-bitstream build/libsystole.so.0 build/libsystole_blas.so \
	    build/sim/libsystole_sim_4x4.so build/hls/libsystole_hls_4x4.so build/model/libsystole_model.so
