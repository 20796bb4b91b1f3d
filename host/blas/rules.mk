# SPDX-License-Identifier: Apache-2.0
# The BLAS provider: build/libsystole_blas.so, and a folder in which it has the name that programs look for.

help::
	@echo 'make blas          the BLAS provider: build/libsystole_blas.so (docs/blas.md)'

.PHONY: blas
BLAS_SRC := $(sort $(wildcard host/blas/*.c))

blas: build/libsystole_blas.so build/blas/libblas.so.3

build/libsystole_blas.so: $(BLAS_SRC:%.c=build/obj/%.o) build/libsystole.so
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SANITIZE) -Wl,-soname,libblas.so.3 -Wl,-z,defs -o $@ $(filter %.o,$^) -Lbuild -lsystole \
	    -Wl,-rpath,'$$ORIGIN:$$ORIGIN/..' -ldl -lm -lpthread

build/blas/libblas.so.3: build/libsystole_blas.so
	@mkdir -p $(@D)
	$(Q)ln -sf ../libsystole_blas.so $@
