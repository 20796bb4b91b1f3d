# SPDX-License-Identifier: Apache-2.0
# The synthesised core in a third simulator: netlists by Yosys in Icarus Verilog, driven with what Verilator recorded of the RTL. generic_SIDE has
# Yosys' gates, in the configuration of test-cxxrtl. Modules stay, for Icarus looks for a signal by going through all of its module.

help::
	@echo 'make test-netlist  gates by Yosys in Icarus Verilog, every output in every cycle as in Verilator: NETLISTS="generic_4 generic_8"; takes minutes'

.PHONY: test-netlist deps-netlist
NETLISTS ?= generic_4
# Beside two matrix products: programs of test-cxxrtl, and others, which NETLIST_SEED repeats.
NETLIST_PROGRAMS ?= 6
NETLIST_OTHERS ?= 2
NETLIST_SEED ?= $(eval NETLIST_SEED := $(shell date +%s))$(NETLIST_SEED)

netlist_side = $(lastword $(subst _, ,$(1)))
netlist_config = ROWS=$(netlist_side) COLS=$(netlist_side) $(filter-out ROWS=% COLS=%,$(CXXRTL_CONFIG))

# Icarus from Debian; where there is none run.sh says what it leaves out.
deps-netlist:
	@command -v iverilog >/dev/null && exit 0; echo 'deps-netlist: installing iverilog'; sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
	{ $$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends iverilog; } || true

# $(1): netlist. Yosys comes by a make of its own, since its name is defined behind these rules; without it there is no netlist.
define netlist_rule
build/netlist/$(1).v: $$(RTL_DEPS) tests/netlist/generic.ys
	$$(Q)$$(MAKE) $$(YOSYS) || :
	$$(call say,YOSYS,$$@)
	@mkdir -p $$(@D)
	@{ echo 'read_slang --threads 1 --keep-hierarchy --top systole_core $$(RTL_FLAGS:-I%=-I %) $$(patsubst %,-G %,$$(call netlist_config,$(1)) BODY=1)' \
	    '$$(RTL_SRC)'; echo 'hierarchy -check -top systole_core'; cat tests/netlist/generic.ys; \
	echo 'tee -o $$@.stat stat'; echo 'write_verilog -noattr $$@'; } >$$@.ys
	$$(Q)rm -f $$@; test -x $$(YOSYS) || exit 0; \
	YOWASP_CACHE_DIR=$$(CURDIR)/build/yowasp $$(YOSYS) -q $$@.ys >$$@.log 2>&1 || { cat $$@.log >&2; rm -f $$@; exit 1; }

build/netlist/$(1).vvp: build/netlist/$(1).v tests/netlist/bench.v | deps-netlist
	$$(call say,IVERILOG,$$@)
	$$(Q)rm -f $$@; test -f $$< || exit 0; command -v iverilog >/dev/null || exit 0; \
	iverilog -g2012 -s netlist_bench -o $$@ tests/netlist/bench.v $$<

# The fixed programs, then the others without the two products that stand before them.
.PHONY: build/netlist/$(1).wires
build/netlist/$(1).wires: build/tests/test_two_simulators
	$$(Q)$$(MAKE) sim $$(call netlist_config,$(1))
	$$(Q)rm -rf $$@ && mkdir -p $$@/fixed $$@/others
	$$(Q)set -e; library=$$$$($$(MAKE) -s show-libs $$(call netlist_config,$(1)) | cut -d' ' -f1); \
	build/tests/test_two_simulators --programs $$(NETLIST_PROGRAMS) --seed $$(SEED) --load --wires $$@/fixed $$$$library >$$@/said || \
	    { cat $$@/said; exit 1; }; \
	echo '  $(1): $$(NETLIST_OTHERS) programs of NETLIST_SEED=$$(NETLIST_SEED)'; \
	build/tests/test_two_simulators --programs $$(NETLIST_OTHERS) --seed $$(NETLIST_SEED) --load --wires $$@/others $$$$library >$$@/said || \
	    { cat $$@/said; exit 1; }; \
	rm $$@/others/0.0 $$@/others/1.0
endef
$(foreach n,generic_4 generic_8,$(eval $(call netlist_rule,$(n))))

test-netlist: $(NETLISTS:%=build/netlist/%.vvp) $(NETLISTS:%=build/netlist/%.wires)
	$(Q)JOBS=$(JOBS) sh tests/netlist/run.sh $(NETLISTS)
