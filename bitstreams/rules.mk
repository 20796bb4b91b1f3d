# SPDX-License-Identifier: Apache-2.0
# Bitstreams: `make bitstream TARGET=<folder>` builds one with the tools of its vendor; the folder's own rules.mk may say how,
# as bitstream-<folder>. Those here are built by Vivado and Vitis.

XRT_TARGETS := xrt_u250 xrt_u55c xrt_u280 azure_np
KERNEL ?= rtl
VIVADO ?= vivado
VITIS_HLS ?= vitis_hls
VPP ?= v++

help::
	@echo 'make bitstream TARGET=$(firstword $(XRT_TARGETS)) [KERNEL=rtl|hls]  with the tools of the vendor; $(XRT_TARGETS)'
	@echo 'make test-bitstreams  the recipes, as far as they go without those tools'

BITSTREAM_OBJ := $(addprefix build/obj/bitstreams/tool/,main.o manifest.o json.o sha256.o link_package.o) build/obj/sim/xrt/kernel_xml.o \
    build/obj/driver/backend_xrt_kernel.o

.PHONY: bitstream $(XRT_TARGETS:%=bitstream-%) gen-bitstreams check-gen-bitstreams test-bitstreams lint-bitstreams
bitstream:
	@test -n '$(TARGET)' || { echo 'make bitstream TARGET=<a folder of bitstreams/>' >&2; exit 2; }
	$(Q)$(MAKE) bitstream-$(TARGET)

build/systole-bitstream: $(BITSTREAM_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) $(LINK_HARDEN) -pie -o $@ $^

gen-bitstreams: build/systole-bitstream
	$(Q)build/systole-bitstream kernel-xml >bitstreams/xrt/kernel.xml
	$(Q)build/systole-bitstream schema >bitstreams/manifest.schema.json
	$(Q)build/systole-bitstream link-package >bitstreams/ulx3s/systole_link_pkg.sv

check-gen-bitstreams: build/systole-bitstream
	$(Q)build/systole-bitstream kernel-xml | cmp -s - bitstreams/xrt/kernel.xml && \
	    build/systole-bitstream schema | cmp -s - bitstreams/manifest.schema.json && \
	    build/systole-bitstream link-package | cmp -s - bitstreams/ulx3s/systole_link_pkg.sv || \
	    { echo 'kernel.xml, manifest.schema.json or systole_link_pkg.sv is not what its source says: run make gen-bitstreams' >&2; exit 1; }
	@echo 'check-gen-bitstreams: generated files are up to date'

# The shell around the core, as the tools of the vendor will see it.
lint-bitstreams:
	$(call say,LINT,bitstreams/xrt/systole.sv)
	$(Q)$(VERILATOR) --lint-only -Wall --assert $(RTL_FLAGS) --top-module systole rtl/systole.vlt bitstreams/xrt/systole.vlt \
	    $(filter-out %_dpi.sv,$(RTL_SRC)) bitstreams/xrt/systole.sv

$(XRT_TARGETS:%=bitstream-%): bitstream-%: build/systole-bitstream
	$(Q)VIVADO='$(VIVADO)' VITIS_HLS='$(VITIS_HLS)' VPP='$(VPP)' sh bitstreams/xrt/build.sh $* $(KERNEL)

test-bitstreams: build/systole-bitstream build/systole
	$(Q)sh tests/bitstreams/run.sh

TEST_CHECKS += check-gen-bitstreams lint-bitstreams test-bitstreams

include $(sort $(wildcard bitstreams/*/rules.mk))
