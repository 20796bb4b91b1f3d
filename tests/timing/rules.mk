# SPDX-License-Identifier: Apache-2.0
# The fast model against the simulated RTL.

include sim/timing/rules.mk

help::
	@echo 'make test-model    the fast model against the RTL, every counter: PROGRAMS=5000 random programs (300 in make test), networks'
	@echo 'make bench-model   the convolutions of ResNet-50 on the RTL and on the fast model: equal counters, cycles a second'

TIMING_COMPARE_SRC := tests/timing/compare.c $(filter-out %/fuzz.c %/device.c %/shrink.c %/coverage.c %/model_reference.c,$(FUZZ_SRC))
TIMING_PLAN_SRC := tests/timing/network.c $(PLAN_SRC) host/core/alloc.c host/core/memory_left.c $(DRIVER_SRC)
TIMING_DATA := $(or $(SYSTOLE_DATA),../shared/data)/mlperf_tiny
TIMING_NETWORKS = $(NETWORKS) $(foreach n,ad_f32 ad_int8 kws_f32 kws_int8,$(TIMING_DATA)/$(n).onnx)
TEST_CHECKS += test-model-small
UNIT_TESTS += test_timing_model
UNIT_test_timing_model := tests/timing/test_timing_model.c $(MODEL_SRC)

build/tests/timing_compare: $(TIMING_COMPARE_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

build/tests/timing_bench build/tests/timing_passing: build/tests/timing_%: build/obj/tests/timing/%.o $(TIMING_PLAN_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

.PHONY: test-model test-model-small bench-model
run_timing = MAKE='$(MAKE)' sh tests/timing/run.sh $(SEED) $(1) $(foreach n,$(FUZZ_CONFIGS),'$(FUZZ_$(n))')

# What `make test` has built is enough. In recipes, for the configurations are defined behind these rules.
test-model-small: build/tests/timing_compare build/tests/timing_passing build/tests/fuzz $(MODEL_LIB)
	$(Q)$(MAKE) $(FUZZ_CONFIGS:%=libs-%)
	$(Q)NETWORKS= $(call run_timing,300)

TIMING_CONFIG := ROWS=16 COLS=16 ASSERT=0
test-model: build/tests/timing_compare build/tests/timing_passing build/tests/fuzz $(MODEL_LIB) build/systole
	$(Q)$(MAKE) $(FUZZ_CONFIGS:%=libs-%) $(NETWORKS)
	$(Q)$(MAKE) sim hls $(TIMING_CONFIG)
	$(Q)NETWORKS='$(TIMING_NETWORKS)' $(call run_timing,$(if $(filter command line,$(origin PROGRAMS)),$(PROGRAMS),5000)) '$(TIMING_CONFIG)'

bench-model: build/tests/timing_bench $(MODEL_LIB)
	$(Q)$(MAKE) sim ROWS=16 COLS=16 HAS_FP=0 ASSERT=0
	$(Q)$(MAKE) sim ROWS=16 COLS=16 ASSERT=0
	$(Q)mkdir -p build/report
	$(Q)build/tests/timing_bench --report build/report/bench-model.json \
	    'int8;sim:16x16_has_fp0_assert0;model:16x16_has_fp0,data=0' 'bf16;sim:16x16_assert0;model:16x16,data=0'
