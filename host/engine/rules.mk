# SPDX-License-Identifier: Apache-2.0
# The loops of products, each file for the instructions that its name says; which one runs is found out at run time.

KERNELS := avx2 avx512 vnni portable
kernel_flags = $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),$(1))
KERNEL_FLAGS_avx2 := $(call kernel_flags,-mavx2 -mfma)
KERNEL_FLAGS_avx512 := $(call kernel_flags,-mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512)
KERNEL_FLAGS_vnni := $(KERNEL_FLAGS_avx512) $(call kernel_flags,-mavx512vnni)

build/obj/host/engine/%.o: C_FLAGS += -O3
$(foreach k,$(KERNELS),$(eval build/obj/host/engine/kernels_$(k).o: C_FLAGS += $$(KERNEL_FLAGS_$(k))))
