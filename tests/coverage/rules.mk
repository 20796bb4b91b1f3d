# SPDX-License-Identifier: Apache-2.0
# What the tests reach: of the RTL (lines, branches, toggles), of the C (lines).

help::
	@echo 'make coverage      lines and toggles of the RTL, lines of the C that the tests reach (PROGRAMS=, SEED=, HOLES=1 lists what they do not)'

.PHONY: coverage coverage-rtl coverage-c coverage-combinations
# bf16 with the body that simulates fast; another shape with the grid of PEs that is synthesised.
COVERAGE_0 := ROWS=4 COLS=4 COVERAGE=toggle
COVERAGE_1 := ROWS=4 COLS=8 BODY=1 COVERAGE=toggle
COVERAGE_PROGRAMS = $(if $(filter command line environment,$(origin PROGRAMS)),$(PROGRAMS),200)

coverage:
	$(Q)$(MAKE) coverage-combinations
	$(Q)$(MAKE) coverage-rtl
	$(Q)$(MAKE) coverage-c

# Of what programs are made of: each program runs twice, on a memory that holds back beats and on one that does not.
COMBINATIONS := 2000
coverage-combinations: build/tests/fuzz
	$(Q)$(MAKE) sim ROWS=4 COLS=4
	$(Q)mkdir -p build/report
	$(Q)lib=$$($(MAKE) -s show-libs ROWS=4 COLS=4 | cut -d' ' -f1); build/tests/fuzz --options stall=0 --lib $$lib --options stall=20 --lib $$lib \
	    --programs $(COMBINATIONS) --seed $(SEED) --flaws 10 --coverage-json build/report/coverage-combinations.json >build/report/combinations.txt || \
	    { tail -40 build/report/combinations.txt >&2; exit 1; }
	$(Q)grep -e ': [0-9]* of [0-9]*$$' -e HOLE build/report/combinations.txt; sed -n '/^opcode x/,$$p' build/report/combinations.txt

coverage-rtl: build/tests/fuzz build/tests/test_sim_model $(RTL_TESTS:%=build/tests/test_rtl_%)
	$(Q)$(MAKE) sim $(COVERAGE_0)
	$(Q)$(MAKE) sim $(COVERAGE_1)
	$(Q)mkdir -p build/report
	$(Q)HOLES=$(HOLES) sh tests/coverage/rtl.sh $(COVERAGE_PROGRAMS) $(SEED) \
	    $$($(MAKE) -s show-libs $(COVERAGE_0) | cut -d' ' -f1) $$($(MAKE) -s show-libs $(COVERAGE_1) | cut -d' ' -f1)

# The C once more, with counts, in a folder of links with a build/ of its own; what Verilator made is taken over. Back ends for cards and
# boards run on what stands in for them; what is optional elsewhere (XRT's emulation, Python, ONNX Runtime) is left to its own tests.
GCOV_DIR := build/gcov
GCOV_TESTS = $(filter test_sim_model test_rtl_%,$(notdir $(TEST_PROGRAMS))) $(UNIT_TESTS) $(HOST_TESTS)
GCOV_CHECKS := test-cli check-man test-xrt-calls test-train-short test-cuda-fakes coverage-timing test-view coverage-board coverage-f2 coverage-conformance
coverage-c:
	$(Q)$(MAKE) sim ROWS=4 COLS=4
	$(Q)$(MAKE) sim ROWS=4 COLS=4 FAULTS=1
	$(Q)$(MAKE) sim f2 $(F2_CONFIG)
	$(Q)$(MAKE) build/tests/ulx3s_board
	$(Q)rm -rf $(GCOV_DIR)/build/report && mkdir -p $(GCOV_DIR)/build/sim $(GCOV_DIR)/build/f2 $(GCOV_DIR)/build/tests build/report
	$(Q)for f in Makefile driver host hls sim rtl tests docs examples bitstreams; do ln -sfn ../../$$f $(GCOV_DIR)/$$f; done; \
	    ln -sfn ../../shared build/shared; cp -a build/sim/4x4 build/sim/4x4_faults1 build/sim/runtime $(GCOV_DIR)/build/sim/; \
	    cp -a build/tests/ulx3s_board $(GCOV_DIR)/build/tests/; ln -sfn ../../../../$(F2_TEST_SIM) $(GCOV_DIR)/$(F2_TEST_SIM); \
	    ln -sfn ../../../../$(F2_TEST_DIR) $(GCOV_DIR)/$(F2_TEST_DIR)
	$(Q)find $(GCOV_DIR)/build -name '*.gcda' -delete
	$(Q)cd $(GCOV_DIR) && export SANITIZE=--coverage CFLAGS='-O1 -g' HARDEN= && $(MAKE) sim hls ROWS=4 COLS=4 && $(MAKE) hls ROWS=16 COLS=16 && \
	    $(MAKE) $(jobs) $(sort $(GCOV_TESTS:%=build/tests/%)) build/systole build/tests/fuzz $(NETWORKS) && \
	    UNITS='$(sort $(GCOV_TESTS:%=build/tests/%))' CHECKS='$(GCOV_CHECKS)' MAKE='$(MAKE)' sh tests/run.sh $(SEED) 100 100 'ROWS=4 COLS=4'
	$(Q)HOLES=$(HOLES) sh tests/coverage/c.sh $(GCOV_DIR) build/report/coverage-c.json

# What the folder of links runs besides: parts of other tests, on what Verilator made outside.
.PHONY: coverage-timing coverage-board coverage-f2 coverage-conformance
coverage-timing: build/tests/timing_compare build/tests/timing_passing build/tests/fuzz
	$(Q)$(MAKE) model
	$(Q)NETWORKS= MAKE='$(MAKE)' sh tests/timing/run.sh $(SEED) 100 'ROWS=4 COLS=4'

coverage-board:
	$(Q)$(MAKE) -o build/tests/ulx3s_board build/tests/test_ulx3s
	$(Q)SEED='$(SEED)' PROGRAMS=3 sh tests/ulx3s/run.sh

coverage-f2: build/systole build/tests/test_f2 build/tests/libsystole_fake.so build/examples/transformer.onnx
	$(Q)sh tests/f2/run.sh $(F2_TEST_DIR) $(F2_TEST_SIM) $(F2_CHECK_PROGRAMS) $(SEED)

coverage-conformance: build/systole
	$(Q)mkdir -p build/conformance
	$(Q)if ! $(MAKE) -C ../.. build/conformance/node; then echo 'SKIP: the cases of the ONNX package cannot be installed'; \
	    echo 'coverage-conformance: 0 passed, 0 failed, 1 skipped'; else ln -sfn ../../../conformance/node build/conformance/node && \
	    DEVICE=cpu sh tests/conformance/run.sh node; fi
