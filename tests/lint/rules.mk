# SPDX-License-Identifier: Apache-2.0
# What tools that read say of the scripts and of the C; the RTL's lint is the Makefile's. A tool that is missing is said.

help::
	@echo 'make lint-sh lint-c  shellcheck over the scripts, cppcheck over the C; part of make lint'

.PHONY: lint-sh lint-c
lint: lint-sh lint-c

tracked = $$(git ls-files $(1) 2>/dev/null | grep . || find . -path ./build -prune -o -type f \( $(2) \) -print)

lint-sh:
	$(call say,LINT,scripts)
	$(Q)if ! command -v shellcheck >/dev/null; then echo 'SKIP: no shellcheck (Debian: shellcheck)'; \
	    else shellcheck $(call tracked,'*.sh' .ci/run,-name '*.sh'); fi

lint-c:
	$(call say,LINT,C)
	$(Q)if ! command -v cppcheck >/dev/null; then echo 'SKIP: no cppcheck (Debian: cppcheck)'; \
	    else cppcheck -q -j$(JOBS) --std=c11 --enable=warning,portability,performance --error-exitcode=1 -I. -Idriver -Ihost/include \
	    --suppressions-list=tests/lint/cppcheck.txt \
	    $(call tracked,'driver/*.c' 'hls/*.c' 'host/*.c' 'sim/*.c' 'examples/*.c',-name '*.c'); fi
