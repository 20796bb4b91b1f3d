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
# FAULTS=1: values on their way through the RTL are shown to fault.c, and body 2 of the array has PEs that may be wrong.
FAULTED := $(filter-out 0,$(FAULTS))
$(if $(FAULTED),$(if $(filter 2,$(BODY)),,$(error FAULTS=1 needs BODY=2: faults of a PE are in that body)))
FAULT_DEFINE := $(if $(FAULTED),-DSYSTOLE_FAULTS)
FAULT_PKG := $(if $(FAULTED),sim/systole_fault_pkg.sv)
VERILATE := -cc --top-module systole_core --prefix Vsystole_core --unroll-count 4 -O3 -fno-split --x-assign fast \
    --x-initial fast \
    $(if $(filter-out 0,$(ASSERT)),--assert,--no-assert) $(if $(filter-out 0,$(TRACE)),--trace-fst) \
    $(COVERAGE_FLAGS_$(COVERAGE)) $(RTL_FLAGS) $(FAULT_DEFINE) -GROWS=$(ROWS) -GCOLS=$(COLS) \
    $(foreach p,$(BUILT) BODY,-G$(p)=$($(p)))
RUNTIME_SRC := verilated verilated_dpi verilated_threads $(if $(filter-out 0,$(TRACE)),verilated_fst_c) \
    $(if $(filter-out 0,$(COVERAGE)),verilated_cov)
VERILATED_CXX := $(CXX_FLAGS) $(WIDE) -w $(VM_FLAGS) -Isim -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd \
    -DVL_USER_STOP -DVL_USER_FINISH -DVL_USER_FATAL -DVL_PRINTF=shim_printf -include sim/shim.h

sim: $(SIM_LIB)

# What the model is made of, by content: nothing below is done again when only times of files changed.
SIM_VLT := rtl/systole.vlt sim/events.vlt $(if $(filter-out 0,$(COVERAGE)),sim/coverage.vlt)
$(SIM_DIR)/hash: FORCE $(RTL_DEPS) $(SIM_VLT) $(FAULT_PKG)
	@mkdir -p $(@D)
	@{ $(VERILATOR) --version; echo '$(VERILATE) $(CXX) $(VERILATED_CXX)'; cat $(RTL_DEPS) $(SIM_VLT) $(FAULT_PKG); } | sha256sum >$@.new; \
	    cmp -s $@.new $@ || cp $@.new $@; rm -f $@.new

# Verilator clears the wide locals of functions, and the values of non-blocking assignments, in every evaluation, used or not: eight kilobytes
# a cycle. All of them are assigned whole before they are read, so the clearing is taken out.
$(SIM_DIR)/fast.cpp: $(SIM_DIR)/hash
	$(call say,VERILATE,$(SIM_NAME))
	$(Q)rm -rf $(SIM_DIR)/v
	$(Q)$(VERILATOR) $(VERILATE) -Wno-fatal -Mdir $(SIM_DIR)/v $(SIM_VLT) $(FAULT_PKG) $(RTL_SRC) >$(SIM_DIR)/verilator.log 2>&1 \
	    || { cat $(SIM_DIR)/verilator.log >&2; exit 1; }
	$(Q)sed -i -E '/^ *VL_ZERO_W\([0-9]+, (__Vfunc_|__Vdlyvval_|__Vdly__)[A-Za-z0-9_]*\);$$/d' $(SIM_DIR)/v/*DepSet*.cpp
	$(Q)cd $(SIM_DIR)/v && ls *.cpp | grep -e Slow -e Syms -e ConstPool -e Trace | sed 's/.*/#include "&"/' >../slow.cpp
	$(Q)cd $(SIM_DIR)/v && ls *.cpp | grep -v -e Slow -e Syms -e ConstPool -e Trace | sed 's/.*/#include "&"/' >../fast.cpp

# PGO=1: the fast path is compiled twice, the second time with a profile of the first at work: what is skipped in most cycles is laid out of the way.
# The profile is of products and of random programs, made once for a source; without clang's tools for it the build goes on without, and says so.
PROFDATA = $(firstword $(wildcard $(dir $(realpath $(shell command -v $(CXX))))llvm-profdata) $(shell command -v llvm-profdata))
PROFILE = $(if $(filter-out 0,$(PGO)),$(if $(PROFDATA),$(shell echo 'int main(){}' | $(CXX) -fprofile-generate -x c++ -o /dev/null - 2>/dev/null && \
    echo $(SIM_DIR)/profile)))
NO_PROFILE = $(if $(filter-out 0,$(PGO)),$(if $(PROFILE),,$(warning no llvm-profdata or profile library for $(CXX) (Debian: llvm, libclang-rt-14-dev): \
    the simulator is built without a profile, about a fifth slower)))
TRAIN_JOBS = $(foreach t,int8 $(if $(filter 1,$(HAS_FP)),bf16),$(subst $(space),$(comma),$(SIM_DIR)/train.so:$(TRAIN_SIDE) $(TRAIN_SIDE) $(TRAIN_SIDE) $(t)))
TRAIN_SIDE := $(shell echo $$(( 8 * ($(ROWS) > $(COLS) ? $(ROWS) : $(COLS)) )))

$(SIM_DIR)/train.o: $(SIM_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)$(CXX) $(VERILATED_CXX) -fprofile-generate -I$(SIM_DIR)/v -c -o $@ $<

$(SIM_DIR)/profile: $(SIM_DIR)/train.so build/tests/bench_rtl build/tests/fuzz
	$(call say,TRAIN,$@)
	$(Q)rm -f $(SIM_DIR)/*.profraw
	$(Q)LLVM_PROFILE_FILE=$(SIM_DIR)/products.profraw build/tests/bench_rtl $(TRAIN_JOBS) >$(SIM_DIR)/train.log || [ $$? -eq 2 ] # does not fit
	$(Q)LLVM_PROFILE_FILE=$(SIM_DIR)/programs.profraw build/tests/fuzz --lib $(SIM_DIR)/train.so --programs 30 --seed 1 --quiet >>$(SIM_DIR)/train.log
	$(Q)$(PROFDATA) merge -o $@ $(SIM_DIR)/*.profraw

# With coverage the slow path is one call for each point, thousands in one function, which an optimiser takes minutes over; and counting
# toggles is so much code that -O3 gains nothing over -O1 but the time it takes.
ifneq ($(filter-out 0,$(PGO)),)
$(SIM_DIR)/fast.o: $(PROFILE)
endif
$(SIM_DIR)/fast.o: $(SIM_DIR)/fast.cpp
	$(NO_PROFILE)$(call say,CXX,$@)
	$(Q)$(CXX) $(VERILATED_CXX) $(if $(filter toggle,$(COVERAGE)),-O1) $(PROFILE:%=-fprofile-use=%) -I$(SIM_DIR)/v -c -o $@ $<

$(SIM_DIR)/slow.o: $(SIM_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)$(CXX) $(VERILATED_CXX) $(if $(filter-out 0,$(COVERAGE)),-O0,-O1) -I$(SIM_DIR)/v -c -o $@ $(SIM_DIR)/slow.cpp

# The variable that holds the clock's last level, and the parts of eval(), are Verilator's; where one is not found the shim takes a slower way.
# Checks and waves want eval() itself.
SHIM_PARTS := (void Vsystole_core___024root___eval_(triggers__ico|ico|triggers__act|act|nba)\(.* \{|__Vdpi_export_trigger|__V(ico|act|nba)Triggered);?$$
SHIM_EVAL := $(filter-out 0,$(ASSERT) $(TRACE))
$(SIM_DIR)/shim.o: sim/shim.cpp sim/shim.h sim/memory.h $(SIM_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)level=$$(grep -o '__Vtrigrprev__TOP__clk_i' $(SIM_DIR)/v/Vsystole_core___024root.h | head -1); \
	parts=$$(grep -h -o -E '$(SHIM_PARTS)' $(SIM_DIR)/v/Vsystole_core___024root.h $(SIM_DIR)/v/Vsystole_core___024root__DepSet*.cpp | sort -u | wc -l); \
	$(CXX) $(CXX_FLAGS) -Wall -Wextra -Werror $(VM_FLAGS) $(FAULT_DEFINE) $${level:+-DSHIM_CLOCK_LEVEL=$$level} \
	    $(if $(SHIM_EVAL),,$$(test "$$level$$parts" != __Vtrigrprev__TOP__clk_i9 || echo -DSHIM_TRIGGERS)) \
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
BODY_FLAGS_faults := -DSYSTOLE_FAULTS
build/sim/obj/array_body_%.o: sim/array_body.c build/sim/flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -O3 $(NATIVE) $(BODY_FLAGS_$*) -c -o $@ $<

UNIT_TESTS += test_fault $(BODY_KINDS:%=test_array_body_%)
UNIT_test_fault := tests/unit/test_fault.c sim/fault.c
$(foreach k,$(BODY_KINDS),$(eval UNIT_test_array_body_$(k) := tests/unit/test_array_body.c build/sim/obj/array_body_$(k).o))

$(SIM_RUNTIME)/%.o: sim/shim.h sim/memory.h
	$(call say,CXX,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(VERILATED_CXX) -c -o $@ $(VERILATOR_ROOT)/include/$*.cpp

SIM_REST := $(SIM_DIR)/slow.o $(SIM_DIR)/shim.o $(SIM_C:%=build/sim/obj/%.o) $(if $(filter 2,$(BODY)),build/sim/obj/array_body$(if $(FAULTED),_faults).o) \
    $(RUNTIME_SRC:%=$(SIM_RUNTIME)/%.o)
SIM_LINK = $(CXX) -shared -pthread $(LINK_HARDEN) -Wl,-Bsymbolic -Wl,-z,defs -Wl,--as-needed -Wl,--version-script=sim/exports.map -o $@ $(filter %.o,$^) \
    $(if $(filter-out 0,$(TRACE)),-lz) $(if $(findstring --coverage,$(SANITIZE)),-lgcov) -latomic -lm

$(SIM_LIB): $(SIM_DIR)/fast.o $(SIM_REST) sim/exports.map
	$(call say,LD,$@)
	$(Q)$(SIM_LINK)

$(SIM_DIR)/train.so: $(SIM_DIR)/train.o $(SIM_REST) sim/exports.map
	$(call say,LD,$@)
	$(Q)$(SIM_LINK) -fprofile-generate

help::
	@echo 'make bench-sim     cycles simulated in a second: int8 and bf16, 16x16 and 32x32, each body of the array (REPEATS=)'

# Bodies 0 and 1 without a profile, as they stand beside the fast one; the grid at 32x32 takes minutes to build and is left out.
.PHONY: bench-sim
REPEATS ?= 5
BENCH_SIM := '512,512,512,int8 3 ROWS=16 COLS=16 ASSERT=0' '512,512,512,bf16 2 ROWS=16 COLS=16 ASSERT=0' \
    '512,512,512,int8 2 ROWS=32 COLS=32 ASSERT=0' '512,512,512,bf16 0 ROWS=32 COLS=32 ASSERT=0' \
    '256,256,256,int8 0 ROWS=16 COLS=16 ASSERT=0 PGO=0' '256,256,256,bf16 0 ROWS=16 COLS=16 ASSERT=0 PGO=0' \
    '256,256,256,int8 0 ROWS=16 COLS=16 ASSERT=0 PGO=0 BODY=0' '256,256,256,bf16 0.5 ROWS=16 COLS=16 ASSERT=0 PGO=0 BODY=0' \
    '256,256,256,int8 0 ROWS=16 COLS=16 HAS_FP=0 ASSERT=0 PGO=0 BODY=1' '128,128,128,bf16 0 ROWS=16 COLS=16 ASSERT=0 PGO=0 BODY=1'
bench-sim: build/tests/bench_rtl
	$(Q)mkdir -p build/report
	$(Q)MAKE='$(MAKE) $(jobs)' sh tests/bench/bench_sim.sh build/report/bench-sim.json $(REPEATS) $(BENCH_SIM)

help::
	@echo 'make test-faults   faults put into the simulated RTL on purpose: does each change an answer?'

.PHONY: test-faults
FAULT_CONFIG := ROWS=4 COLS=4
test-faults: build/tests/fuzz build/tests/test_two_simulators
	$(Q)$(MAKE) sim $(FAULT_CONFIG)
	$(Q)$(MAKE) sim $(FAULT_CONFIG) FAULTS=1
	$(Q)mkdir -p build/report
	$(Q)sh tests/rtl/test_faults.sh $$($(MAKE) -s show-libs $(FAULT_CONFIG) FAULTS=1 | cut -d' ' -f1) \
	    $$($(MAKE) -s show-libs $(FAULT_CONFIG) | cut -d' ' -f1) $(SEED) build/report/faults-rtl.json
