# SPDX-License-Identifier: Apache-2.0
include sim/f2/rules.mk

F2_TEST_SIM := build/sim/libsystole_sim_4x16.so
F2_TEST_DIR := build/f2/4x16
F2_TEST_SRC := tests/f2/test_f2.c tests/f2/test_f2_failures.c tests/f2/cards.c tests/bench/gemm.c $(DRIVER_SRC) \
    $(filter-out %/fuzz.c %/device.c %/shrink.c %/coverage.c %/model_reference.c,$(FUZZ_SRC))

build/tests/test_f2: $(F2_TEST_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka -ldl -lm -pthread

help::
	@echo 'make test-f2       networks, random programs and failures through f2:0, on the Verilated custom logic (F2_PROGRAMS=, SEED=)'
	@echo 'make test-f2-recipe  the recipe for AWS F2, as far as it goes without the tools of the vendor and an account'

F2_PROGRAMS ?= 200
F2_CHECK_PROGRAMS := 25
F2_NEEDS := build/systole build/tests/test_f2 build/tests/libsystole_fake.so build/examples/transformer.onnx

.PHONY: test-f2 f2-tests check-f2
test-f2: deps
	$(Q)$(MAKE) $(jobs) f2 sim $(F2_CONFIG)
	$(Q)$(MAKE) $(jobs) f2-tests

f2-tests: $(F2_NEEDS)
	$(Q)F2_MORE=1 sh tests/f2/run.sh $(F2_TEST_DIR) $(F2_TEST_SIM) $(F2_PROGRAMS) $(SEED)

# A part of it, for `make test`.
check-f2: $(F2_NEEDS)
	$(Q)$(MAKE) -s f2 sim $(F2_CONFIG)
	$(Q)sh tests/f2/run.sh $(F2_TEST_DIR) $(F2_TEST_SIM) $(F2_CHECK_PROGRAMS) $(SEED)

# The recipe and the scripts of bitstreams/aws_f2.
.PHONY: test-f2-recipe
test-f2-recipe: build/systole-bitstream
	$(Q)sh tests/f2/recipe.sh

TEST_CHECKS += check-gen-f2 lint-f2 check-f2 test-f2-recipe

help::
	@echo 'make mutate-f2     is each of some broken lines of the custom logic for AWS F2 noticed? (takes minutes; F2_MUTANTS= some)'

.PHONY: mutate-f2
mutate-f2: build/tests/test_f2
	$(Q)$(MAKE) sim $(F2_CONFIG)
	$(Q)MAKE='$(MAKE)' sh tests/f2/mutate.sh $(F2_TEST_SIM) $(F2_MUTANTS)
