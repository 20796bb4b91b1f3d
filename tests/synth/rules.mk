# SPDX-License-Identifier: Apache-2.0
# What the core costs: resources on FPGAs, area and timing in standard cells, by open tools. A case is built once for a source: build/synth/<case>/.

help::
	@echo 'make fpga-report   resources of the core on FPGAs by Yosys, FPGA_CASES="xcup:8:int8 ecp5:8:int8 ..."; hours for all of them'
	@echo 'make asic-report   area and timing of the array in the cells of LIBERTY=FILE (Debian: qflow-tech-osu018), ASIC_CASES="8:int8"'

FPGA_CASES ?= $(foreach n,8 16 32,$(foreach t,int8 bf16,xcup:$(n):$(t) ecp5:$(n):$(t)))
ASIC_CASES ?= 4:int8 8:int8
LIBERTY ?= $(firstword $(wildcard /usr/share/qflow/tech/osu018/osu018_stdcells.lib))

.PHONY: fpga-report asic-report
fpga-report:
	$(Q)$(MAKE) $(YOSYS)
	$(Q)YOSYS='$(YOSYS)' RTL_LIST='$(RTL_LIST)' sh tests/synth/fpga_report.sh $(FPGA_CASES)

asic-report:
	$(Q)$(MAKE) $(YOSYS)
	$(Q)YOSYS='$(YOSYS)' RTL_LIST='$(RTL_LIST)' LIBERTY='$(LIBERTY)' sh tests/synth/asic_report.sh $(ASIC_CASES)
