# SPDX-License-Identifier: Apache-2.0
# The BLAS provider: build/libsystole_blas.so, and a folder in which it has the name that programs look for.

help::
	@echo 'make blas          the BLAS provider: build/libsystole_blas.so (docs/blas.md)'

.PHONY: blas
BLAS_SRC := $(sort $(wildcard host/blas/*.c))

blas: build/libsystole_blas.so build/blas/libblas.so.3

# It has the library's objects inside, and shows nothing of them: registered as libblas.so.3 it is loaded from folders where no libsystole.so is.
build/libsystole_blas.so: $(BLAS_SRC:%.c=build/obj/%.o) host/blas/exports.map build/libsystole.so
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SANITIZE) $(LINK_HARDEN) -Wl,-soname,libblas.so.3 -Wl,-z,defs -Wl,--version-script=host/blas/exports.map -o $@ \
	    $(filter %.o,$^) $(HOST_OBJ) $(HOST_LIBS) -lpthread

build/blas/libblas.so.3: build/libsystole_blas.so
	@mkdir -p $(@D)
	$(Q)ln -sf ../libsystole_blas.so $@
