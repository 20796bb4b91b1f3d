# SPDX-License-Identifier: Apache-2.0
# Several ranks on one machine.

help::
	@echo 'make test-mpi      installs Open MPI (Debian), then training on four ranks: the bits of one, ranks that die; sweeps and comparisons'

.PHONY: test-mpi mpi-tests
test-mpi: deps deps-mpi
	$(Q)$(MAKE) $(MPI_LIB) mpi-tests

# Without MPI it is skipped, and says so.
mpi-tests: train build/systole $(NETWORKS) $(if $(MPI_LINK),$(MPI_LIB))
	$(Q)$(MAKE) -s sim hls ROWS=4 COLS=4
	$(Q)sh tests/mpi/run.sh
