# SPDX-License-Identifier: Apache-2.0
# The custom logic for AWS F2, Verilated, with models of the shell and of the card's memory, as a library in the place of the AWS FPGA
# SDK's: build/f2/<configuration>/libfpga_mgmt.so. Verilated again only when what it is made of has changed.

F2_CL := bitstreams/aws_f2
F2_DESIGN := $(addprefix $(F2_CL)/design/,systole_f2_pkg.sv systole_f2_read.sv systole_f2_write.sv systole_f2_ocl.sv systole_f2_irq.sv \
    systole_f2.sv cl_systole.sv)
F2_VERIF := $(addprefix $(F2_CL)/verif/,sh_ddr.sv f2_board.sv)
F2_RTL := $(filter-out %_dpi.sv,$(RTL_SRC)) $(F2_DESIGN) $(F2_VERIF)
F2_RTL_FLAGS := $(RTL_FLAGS) -I$(F2_CL)/design -I$(F2_CL)/verif --top-module f2_board rtl/systole.vlt $(F2_CL)/verif/verif.vlt
F2_RTL_DEPS := $(RTL_DEPS) $(F2_RTL) $(F2_CL)/design/cl_id_defines.vh $(F2_CL)/verif/cl_ports.vh $(F2_CL)/verif/verif.vlt

# The memory is 64 bytes wide, so an array has at least 16 columns.
F2_CONFIG := ROWS=4 COLS=16 AXI_BYTES=64
F2_DIR := build/f2/$(SIM_NAME)
F2_LIB := $(F2_DIR)/libfpga_mgmt.so
F2_VERILATE := -cc --prefix Vf2_board --unroll-count 4 -O3 -fno-split --x-assign fast --x-initial fast --assert \
    -GROWS=$(ROWS) -GCOLS=$(COLS) $(foreach p,$(BUILT),-G$(p)=$($(p))) $(F2_RTL_FLAGS)
F2_C := board.o shell.o card.o fpga_mgmt.o
F2_SIM_C := memory.o regions.o options.o fault.o

.PHONY: f2 gen-f2 check-gen-f2 lint-f2
f2: $(F2_LIB)

help::
	@echo 'make f2 ROWS= COLS=  the custom logic for AWS F2, simulated, as the library libfpga_mgmt.so (COLS=16 or more, AXI_BYTES=64)'

$(F2_DIR)/hash: FORCE $(F2_RTL_DEPS)
	@mkdir -p $(@D)
	@{ $(VERILATOR) --version; echo '$(F2_VERILATE) $(CXX)'; cat $(F2_RTL_DEPS); } | sha256sum >$@.new; \
	    cmp -s $@.new $@ || cp $@.new $@; rm -f $@.new

$(F2_DIR)/fast.cpp: $(F2_DIR)/hash
	$(call say,VERILATE,$(F2_DIR))
	$(Q)rm -rf $(F2_DIR)/v
	$(Q)$(VERILATOR) $(F2_VERILATE) -Wno-fatal -Mdir $(F2_DIR)/v $(F2_RTL) >$(F2_DIR)/verilator.log 2>&1 \
	    || { cat $(F2_DIR)/verilator.log >&2; exit 1; }
	$(Q)cd $(F2_DIR)/v && ls *.cpp | grep -e Slow -e Syms -e ConstPool -e Dpi | sed 's/.*/#include "&"/' >../slow.cpp
	$(Q)cd $(F2_DIR)/v && ls *.cpp | grep -v -e Slow -e Syms -e ConstPool -e Dpi | sed 's/.*/#include "&"/' >../fast.cpp

$(F2_DIR)/fast.o $(F2_DIR)/slow.o: $(F2_DIR)/%.o: $(F2_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)$(CXX) $(VERILATED_CXX) $(if $(filter %slow.o,$@),-O0,-O2) -I$(F2_DIR)/v -c -o $@ $(F2_DIR)/$*.cpp

$(F2_DIR)/board.o: sim/f2/board.cpp sim/f2/board.h sim/shim.h sim/memory.h $(F2_DIR)/fast.cpp
	$(call say,CXX,$@)
	$(Q)$(CXX) $(CXX_FLAGS) -Wall -Wextra -Werror $(VM_FLAGS) -I. -isystem $(VERILATOR_ROOT)/include \
	    -isystem $(VERILATOR_ROOT)/include/vltstd -isystem $(F2_DIR)/v -c -o $@ $<

$(F2_LIB): $(F2_DIR)/fast.o $(F2_DIR)/slow.o $(F2_DIR)/board.o $(addprefix build/obj/sim/f2/,$(filter-out board.o,$(F2_C))) \
    $(F2_SIM_C:%=build/sim/obj/%) $(RUNTIME_SRC:%=$(SIM_RUNTIME)/%.o)
	$(call say,LD,$@)
	$(Q)$(CXX) -shared -pthread -Wl,-Bsymbolic -Wl,-z,defs -Wl,--as-needed -o $@ $^ -latomic -lm

# ---- The custom logic's sources ----

$(F2_CL)/design/systole_f2_pkg.sv: ;
gen-f2:
	$(Q)awk -f $(F2_CL)/design/systole_f2_pkg.awk driver/backend_f2_registers.def >$(F2_CL)/design/systole_f2_pkg.sv

check-gen-f2:
	$(Q)awk -f $(F2_CL)/design/systole_f2_pkg.awk driver/backend_f2_registers.def | cmp -s - $(F2_CL)/design/systole_f2_pkg.sv || \
	    { echo 'systole_f2_pkg.sv is not what driver/backend_f2_registers.def says: run make gen-f2' >&2; exit 1; }
	@echo 'check-gen-f2: generated files are up to date'

# As it is built, and as it is simulated.
lint-f2:
	$(call say,LINT,$(F2_CL))
	$(Q)$(VERILATOR) --lint-only -Wall --assert $(F2_RTL_FLAGS) $(F2_RTL)
	$(Q)$(VERILATOR) --lint-only -Wall --assert -GROWS=32 -GCOLS=32 -GAPAD_BYTES=524288 -GWPAD_BYTES=262144 \
	    -GACC_ROWS=2048 -GPARAM_ROWS=512 $(F2_RTL_FLAGS) $(F2_RTL)
