# SPDX-License-Identifier: Apache-2.0
# Who may include whom.

.PHONY: check-deps
TEST_CHECKS += check-deps

help::
	@echo 'make check-deps    who may include whom'

check-deps:
	$(Q)sh tests/deps/check.sh
	@# A rule broken on purpose is noticed.
	$(Q)rm -rf build/deps && for d in driver hls host/cli sim examples; do mkdir -p build/deps/$$d; done && \
	    echo '#include "host/core/alloc.h"' >build/deps/host/cli/bad.c && \
	    if sh tests/deps/check.sh build/deps >/dev/null; then echo 'check-deps: a broken rule is not noticed' >&2; exit 1; fi
