# SPDX-License-Identifier: Apache-2.0
# One command over five devices, and every operator that a device has a part in, by memcmp. A device that is not here is skipped, and counted.
help::
	@echo 'make test-compare  ResNet-8 and a transformer over COMPARE_DEVICES by one command each; every operator by memcmp (ROUNDS=60 SEED=)'

COMPARE_DEVICES ?= cpu sim:16x16 hls:16x16 opencl:0 onednn openblas
COMPARE_ROUNDS ?= $(if $(filter file,$(origin ROUNDS)),60,$(ROUNDS))

.PHONY: test-compare
test-compare: build/systole build/tests/test_host_matrix $(NETWORKS)
	$(Q)$(MAKE) -s sim hls ROWS=16 COLS=16
	$(Q)$(MAKE) -s sim hls model ROWS=4 COLS=4
	@mkdir -p build/report
	$(Q)SYSTOLE_SEED=$(SEED) SYSTOLE_ROUNDS=$(COMPARE_ROUNDS) sh tests/compare/run.sh build/report/compare.json build/report/compare $(COMPARE_DEVICES)
