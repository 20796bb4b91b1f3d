# SPDX-License-Identifier: Apache-2.0
# The execution-provider plug-in of ONNX Runtime: build/libsystole_ort_ep.so.

help::
	@echo 'make ort-ep        the plug-in for ONNX Runtime: build/libsystole_ort_ep.so (docs/onnx-runtime-ep.md)'

.PHONY: ort-ep
ORT_EP_SRC := $(sort $(wildcard host/ort_ep/*.c))
ORT_EP_OBJ := $(ORT_EP_SRC:%.c=build/obj/%.o)
$(ORT_EP_OBJ): | build/host/onnx.pb-c.c

ort-ep: build/libsystole_ort_ep.so

# With the library's objects inside, like the BLAS provider. Once loaded it stays: sessions may live longer than the plug-in is registered.
build/libsystole_ort_ep.so: $(ORT_EP_OBJ) host/ort_ep/exports.map build/libsystole.so
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SANITIZE) $(LINK_HARDEN) -Wl,-soname,libsystole_ort_ep.so -Wl,-z,defs -Wl,-z,nodelete -Wl,--version-script=host/ort_ep/exports.map \
	    -o $@ $(filter %.o,$^) $(HOST_OBJ) $(HOST_LIBS)
