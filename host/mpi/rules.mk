# SPDX-License-Identifier: Apache-2.0
# What groups of processes need of MPI, as a library of its own: nothing else is linked with it (docs/training.md).

help::
	@echo 'make mpi           build/mpi/libsystole_mpi.so, for programs that mpirun starts; installs Open MPI where it is missing (Debian).'
	@echo '                   make install INSTALL_MPI=1 installs it too'

.PHONY: mpi deps-mpi
MPICC ?= mpicc
MPI_LIB := build/mpi/libsystole_mpi.so
# The compiler's own words for it, so that flags and warnings stay ours; its headers are the system's.
MPI_FLAGS = $(patsubst -I%,-isystem %,$(shell $(MPICC) --showme:compile 2>/dev/null))
MPI_LINK = $(shell $(MPICC) --showme:link 2>/dev/null)

deps-mpi:
	@set -e; if command -v mpirun >/dev/null && $(MPICC) --showme:compile >/dev/null 2>&1; then echo 'deps-mpi: nothing is missing'; exit 0; fi; \
	echo 'deps-mpi: installing openmpi-bin libopenmpi-dev'; sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends openmpi-bin libopenmpi-dev

# MPI is looked for when make starts, so what needs it is a make of its own.
mpi: deps-mpi
	$(Q)$(MAKE) $(MPI_LIB)

# Beside the devices, where programs look for it; only when asked, for it needs Open MPI's libraries.
INSTALL_BESIDE += $(if $(INSTALL_MPI),$(MPI_LIB))

build/obj/host/mpi/%.o: C_FLAGS += $(MPI_FLAGS)
$(MPI_LIB): build/obj/host/mpi/link.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(SANITIZE) $(LINK_HARDEN) -Wl,-z,defs -o $@ $^ $(MPI_LINK)
