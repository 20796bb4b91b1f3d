# SPDX-License-Identifier: Apache-2.0
# The loops of products, each file for the instructions that its name says; which one runs is found out at run time.

KERNELS := avx2 avx512 vnni portable
kernel_flags = $(if $(findstring x86_64,$(shell $(CC) -dumpmachine 2>/dev/null)),$(1))
KERNEL_FLAGS_avx2 := $(call kernel_flags,-mavx2 -mfma)
KERNEL_FLAGS_avx512 := $(call kernel_flags,-mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512)
KERNEL_FLAGS_vnni := $(KERNEL_FLAGS_avx512) $(call kernel_flags,-mavx512vnni)

build/obj/host/engine/%.o: C_FLAGS += -O3
$(foreach k,$(KERNELS),$(eval build/obj/host/engine/kernels_$(k).o: C_FLAGS += $$(KERNEL_FLAGS_$(k))))

# The kernels travel as text: the MAC in integers is that of the HLS C, in the kernels' names of types.
GPU_SOURCE := host/engine/gpu_types.cl hls/softfloat.h host/engine/gpu_product.cl

build/host/gpu_lines.h: $(GPU_SOURCE) host/engine/rules.mk
	$(call say,TEXT,$@)
	@mkdir -p $(@D)
	$(Q)sed -e '/^#include/d' -e 's/\([0-9a-f]\)ull/\1ul/g' -e 's/[\"]/\\&/g' -e 's/.*/"&\\n",/' $(GPU_SOURCE) >$@

build/obj/host/engine/gpu_source.o: build/host/gpu_lines.h
