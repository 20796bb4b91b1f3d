# SPDX-License-Identifier: Apache-2.0
# The whole top of the ULX3S, Verilated, with its serial pins on a pseudo-terminal, and the back end `serial` on it. A frame
# is given up sooner than on the board: nothing else differs from what is synthesised.

BOARD_DIR := build/ulx3s/board
BOARD_GAP_CLOCKS := 20000
BOARD_SRC := $(filter-out %_dpi.sv,$(RTL_SRC)) tests/ulx3s/EHXPLLL.sv $(ULX3S_SRC)
BOARD_VLT := rtl/systole.vlt bitstreams/ulx3s/systole.vlt tests/ulx3s/EHXPLLL.vlt
ULX3S_CONFIG := $(shell sed -n 's/^\([A-Z][A-Z_]*=.*\)/\1/p' bitstreams/ulx3s/target.conf)
BOARD_CLOCKS_PER_BIT := $(patsubst CLOCKS_PER_BIT=%,%,$(filter CLOCKS_PER_BIT=%,$(ULX3S_CONFIG)))
ULX3S_CORE := $(filter-out MEMORY_BYTES=% PLL_% CLOCKS_PER_BIT=%,$(ULX3S_CONFIG))
BOARD_PARAMS := $(ULX3S_CONFIG) GAP_CLOCKS=$(BOARD_GAP_CLOCKS)
BOARD_OBJ := $(addprefix build/obj/,tests/ulx3s/board.o driver/serial_line.o driver/message.o)

help::
	@echo 'make test-ulx3s    networks, random programs and failures on the Verilated top of the ULX3S, through a pseudo-terminal'

build/obj/tests/ulx3s/board.o: $(BOARD_DIR)/flags
build/obj/tests/ulx3s/board.o: C_FLAGS += -DBOARD_CLOCKS_PER_BIT=$(BOARD_CLOCKS_PER_BIT) -DBOARD_GAP_CLOCKS=$(BOARD_GAP_CLOCKS)u

$(BOARD_DIR)/flags: FORCE
	$(call stamp,$@,$(BOARD_PARAMS))

build/tests/ulx3s_board: $(BOARD_DIR)/flags $(RTL_DEPS) $(BOARD_SRC) $(BOARD_VLT) tests/ulx3s/board_shim.cpp tests/ulx3s/board_shim.h $(BOARD_OBJ)
	$(call say,BOARD,$@)
	@mkdir -p $(@D)
	$(Q)MAKEFLAGS= $(VERILATOR) -cc --exe --build --no-assert -O3 -fno-split --x-assign fast --x-initial fast -Wno-fatal -Mdir $(BOARD_DIR) \
	    --top-module systole_ulx3s $(BOARD_PARAMS:%=-G%) -MAKEFLAGS 'CXX=$(CXX) LINK=$(CXX) OPT_FAST=-O2 VM_PARALLEL_BUILDS=1' \
	    -LDFLAGS '-latomic' -o ../../tests/ulx3s_board $(RTL_FLAGS) $(BOARD_VLT) $(BOARD_SRC) $(CURDIR)/tests/ulx3s/board_shim.cpp \
	    $(BOARD_OBJ:%=$(CURDIR)/%) >$(BOARD_DIR)/log 2>&1 || { cat $(BOARD_DIR)/log >&2; exit 1; }

ULX3S_TEST_SRC := tests/ulx3s/test_ulx3s.c tests/ulx3s/boards.c $(DRIVER_SRC) \
    $(filter-out %/fuzz.c %/device.c %/shrink.c %/coverage.c %/model_reference.c,$(FUZZ_SRC))

build/tests/test_ulx3s: $(ULX3S_TEST_SRC:%.c=build/obj/%.o) | build/tests/ulx3s_board
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -lcmocka -ldl -lm -pthread

# The part of it that `make test` runs; the whole also runs networks, on the board and on the simulated core of the same configuration.
ULX3S_PROGRAMS ?= 40
ULX3S_DATA := $(or $(SYSTOLE_DATA),../shared/data)
ULX3S_NETWORKS := $(ULX3S_DATA)/mlperf_tiny/kws_int8.onnx $(ULX3S_DATA)/mnist/mnist_quantized.onnx
ULX3S_TOO_LARGE := $(ULX3S_DATA)/mlperf_tiny/ad_int8.onnx
.PHONY: test-ulx3s test-ulx3s-small
TEST_CHECKS += test-ulx3s-small
test-ulx3s-small: build/tests/test_ulx3s build/tests/ulx3s_board
	$(Q)SEED='$(SEED)' PROGRAMS=3 sh tests/ulx3s/run.sh

test-ulx3s: build/tests/test_ulx3s build/tests/ulx3s_board build/systole
	$(Q)$(MAKE) sim $(ULX3S_CORE) ASSERT=0 PGO=0
	$(Q)SEED='$(SEED)' PROGRAMS='$(ULX3S_PROGRAMS)' SIM="$$($(MAKE) -s show-libs $(ULX3S_CORE) ASSERT=0 PGO=0 | \
	    cut -d' ' -f1)" TOO_LARGE='$(ULX3S_TOO_LARGE)' sh tests/ulx3s/run.sh $(ULX3S_NETWORKS)
