# SPDX-License-Identifier: Apache-2.0
# The simulated device behind XRT's hardware emulation: its server, the tool that writes an xclbin around both, and what shortens
# XRT's waits. docs/deploy-alveo.md says how to use them.

XRT_EMU_DIR := build/xrt
XRT_EMU_TOOLS := $(XRT_EMU_DIR)/systole-xrt-server $(XRT_EMU_DIR)/systole-xclbin $(XRT_EMU_DIR)/libquick_sleep.so
XRT_EMU_OBJ := build/obj/sim/xrt
XRT_EMU_PROTO := $(XRT_EMU_DIR)/emulation.pb-c

help::
	@echo 'make xrt-tools     build/xrt/systole-xclbin: any XRT or OpenCL-on-FPGA program on a simulated device, no vendor tool'

.PHONY: xrt-tools
xrt-tools: $(XRT_EMU_TOOLS)

$(XRT_EMU_PROTO).c: sim/xrt/emulation.proto
	$(call say,PROTOC,$@)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=sim/xrt --c_out=$(XRT_EMU_DIR) $<

$(XRT_EMU_PROTO).o: $(XRT_EMU_PROTO).c build/obj/flags
	$(call say,CC,$@)
	$(Q)$(CC) -std=c11 -w $(CFLAGS) $(SANITIZE) -fPIC -c -o $@ $<

$(XRT_EMU_OBJ)/%.o: C_FLAGS += -isystem $(XRT_EMU_DIR)
# It is loaded into programs that have no sanitizer.
$(XRT_EMU_OBJ)/quick_sleep.o: C_FLAGS := $(filter-out -fsanitize%,$(C_FLAGS))
$(XRT_EMU_OBJ)/server.o: | $(XRT_EMU_PROTO).c

$(XRT_EMU_DIR)/systole-xrt-server: $(addprefix $(XRT_EMU_OBJ)/,server.o wire.o link.o card.o library.o) $(XRT_EMU_PROTO).o
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lprotobuf-c -ldl -pthread

$(XRT_EMU_DIR)/systole-xclbin: $(addprefix $(XRT_EMU_OBJ)/,xclbin_tool.o xclbin.o library.o bytes.o kernel_xml.o) \
    build/obj/driver/backend_xrt_kernel.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lz -ldl

$(XRT_EMU_DIR)/libquick_sleep.so: $(XRT_EMU_OBJ)/quick_sleep.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -o $@ $^ -ldl
