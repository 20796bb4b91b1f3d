# SPDX-License-Identifier: Apache-2.0
# ---- Simulator: Verilator, then its C++ as two files (fast and slow paths), the runtime, the shim, the C ----

SIM_DIR := build/sim/$(SIM_NAME)
SIM_LIB := build/sim/libsystole_sim_$(SIM_NAME).so
SIM_RUNTIME := build/sim/runtime$(if $(filter-out 0,$(TRACE)),_trace)$(if $(filter-out 0,$(COVERAGE)),_coverage)
# COVERAGE=1 counts lines, COVERAGE=toggle also the signals that changed; what is not counted is in coverage.vlt.
COVERAGE_FLAGS_0 :=
COVERAGE_FLAGS_1 := --coverage-line
COVERAGE_FLAGS_toggle := --coverage-line --coverage-toggle --coverage-max-width 64
$(if $(filter 0 1 toggle,$(COVERAGE)),,$(error COVERAGE is 0, 1 or toggle, not '$(COVERAGE)'))
VM_FLAGS := -DVM_COVERAGE=$(if $(filter-out 0,$(COVERAGE)),1,0) -DVM_SC=0 -DVM_TIMING=0 -DVM_TRACE_VCD=0 \
    -DVM_TRACE=$(if $(filter-out 0,$(TRACE)),1,0) -DVM_TRACE_FST=$(if $(filter-out 0,$(TRACE)),1,0)
VERILATE := -cc --top-module systole_core --prefix Vsystole_core --unroll-count 4 -O3 -fno-split --x-assign fast \
    --x-initial fast \
    $(if $(filter-out 0,$(ASSERT)),--assert,--no-assert) $(if $(filter-out 0,$(TRACE)),--trace-fst) \
    $(COVERAGE_FLAGS_$(COVERAGE)) $(RTL_FLAGS) -GROWS=$(ROWS) -GCOLS=$(COLS) \
    $(foreach p,$(BUILT) BODY,-G$(p)=$($(p)))
RUNTIME_SRC := verilated verilated_dpi verilated_threads $(if $(filter-out 0,$(TRACE)),verilated_fst_c) \
    $(if $(filter-out 0,$(COVERAGE)),verilated_cov)
VERILATED_CXX := $(CXX_FLAGS) $(WIDE) -w $(VM_FLAGS) -Isim -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd \
    -DVL_USER_STOP -DVL_USER_FINISH -DVL_USER_FATAL -DVL_PRINTF=shim_printf -include sim/shim.h

sim: $(SIM_LIB)

# What the model is made of, by content: nothing below is done again when only times of files changed.
SIM_VLT := rtl/systole.vlt sim/events.vlt $(if $(filter-out 0,$(COVERAGE)),sim/coverage.vlt)
$(SIM_DIR)/hash: FORCE $(RTL_DEPS) $(SIM_VLT)
	@mkdir -p $(@D)
	@{ $(VERILATOR) --version; echo '$(VERILATE) $(CXX) $(VERILATED_CXX)'; cat $(RTL_DEPS) $(SIM_VLT); } | sha256sum >$@.new; \
	    cmp -s $@.new $@ || cp $@.new $@; rm -f $@.new

$(SIM_DIR)/fast.cpp: $(SIM_DIR)/hash
	$(call say,VERILATE,$(SIM_NAME))
	$(Q)rm -rf $(SIM_DIR)/v
	$(Q)$(VERILATOR) $(VERILATE) -Wno-fatal -Mdir $(SIM_DIR)/v $(SIM_VLT) $(RTL_SRC) >$(SIM_DIR)/verilator.log 2>&1 \
	    || { cat $(SIM_DIR)/verilator.log >&2; exit 1; }
	$(Q)cd $(SIM_DIR)/v && ls *.cpp | grep -e Slow -e Syms -e ConstPool -e Trace | sed 's/.*/#include "&"/' >../slow.cpp
	$(Q)cd $(SIM_DIR)/v && ls *.cpp | grep -v -e Slow -e Syms -e ConstPool -e Trace | sed 's/.*/#include "&"/' >../fast.cpp

# With coverage the slow path is one call for each point, thousands in one function, which an optimiser takes minutes over; and counting
# toggles is so much code that -O3 gains nothing over -O1 but the time it takes.
$(SIM_DIR)/fast.o: $(SIM_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)$(CXX) $(VERILATED_CXX) $(if $(filter toggle,$(COVERAGE)),-O1) -I$(SIM_DIR)/v -c -o $@ $<

$(SIM_DIR)/slow.o: $(SIM_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)$(CXX) $(VERILATED_CXX) $(if $(filter-out 0,$(COVERAGE)),-O0,-O1) -I$(SIM_DIR)/v -c -o $@ $(SIM_DIR)/slow.cpp

# The name of the variable that holds the clock's last level is Verilator's; without it the shim takes a slower way.
$(SIM_DIR)/shim.o: sim/shim.cpp sim/shim.h sim/memory.h $(SIM_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)level=$$(grep -o '__Vtrigrprev__TOP__clk_i' $(SIM_DIR)/v/Vsystole_core___024root.h | head -1); \
	$(CXX) $(CXX_FLAGS) -Wall -Wextra -Werror $(VM_FLAGS) $${level:+-DSHIM_CLOCK_LEVEL=$$level} \
	    -DSHIM_CHECK_PATHS=$(if $(filter-out 0,$(ASSERT)),1,0) -isystem $(VERILATOR_ROOT)/include \
	    -isystem $(VERILATOR_ROOT)/include/vltstd -isystem $(SIM_DIR)/v -c -o $@ $<

build/sim/flags: FORCE
	$(call stamp,$@,$(CC) $(C_FLAGS) $(NATIVE))

build/sim/obj/%.o: sim/%.c build/sim/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -O3 $(NATIVE) -c -o $@ $<

# The array's body in C once for each kind of vector code that it has, for its test: the CPU's own, no wider than AVX2, plain C.
BODY_KINDS := native narrow generic
BODY_FLAGS_narrow := $(shell echo 'int x;' | $(CC) -mno-avx512f -x c -c -o /dev/null - 2>/dev/null && echo -mno-avx512f)
BODY_FLAGS_generic := -DBODY_GENERIC
build/sim/obj/array_body_%.o: sim/array_body.c build/sim/flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -O3 $(NATIVE) $(BODY_FLAGS_$*) -c -o $@ $<

UNIT_TESTS += $(BODY_KINDS:%=test_array_body_%)
$(foreach k,$(BODY_KINDS),$(eval UNIT_test_array_body_$(k) := tests/unit/test_array_body.c build/sim/obj/array_body_$(k).o))

$(SIM_RUNTIME)/%.o: sim/shim.h sim/memory.h
	$(call say,CXX,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(VERILATED_CXX) -c -o $@ $(VERILATOR_ROOT)/include/$*.cpp

SIM_OBJ := $(SIM_DIR)/fast.o $(SIM_DIR)/slow.o $(SIM_DIR)/shim.o $(SIM_C:%=build/sim/obj/%.o) $(if $(filter 2,$(BODY)),build/sim/obj/array_body.o) \
    $(RUNTIME_SRC:%=$(SIM_RUNTIME)/%.o)

$(SIM_LIB): $(SIM_OBJ) sim/exports.map
	$(call say,LD,$@)
	$(Q)$(CXX) -shared -pthread -Wl,-Bsymbolic -Wl,-z,defs -Wl,--as-needed -Wl,--version-script=sim/exports.map -o $@ $(SIM_OBJ) $(if $(filter-out 0,$(TRACE)),-lz) -latomic -lm


help::
	@echo 'make coverage      lines, branches and toggles of the RTL that random programs reach (PROGRAMS=, SEED=)'

.PHONY: coverage
COVERAGE_CONFIG := ROWS=4 COLS=4 COVERAGE=toggle
coverage: build/tests/fuzz
	$(Q)$(MAKE) sim $(COVERAGE_CONFIG)
	$(Q)mkdir -p build/report
	$(Q)sh sim/coverage.sh $$($(MAKE) -s show-libs $(COVERAGE_CONFIG) | cut -d' ' -f1) $(PROGRAMS) $(SEED) build/report/coverage.json
