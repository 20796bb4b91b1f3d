# SPDX-License-Identifier: Apache-2.0
# What tools that read say of the scripts and of the C; the RTL's lint is the Makefile's. A tool that is missing is said.

help::
	@echo 'make lint-sh lint-c lint-tidy lint-py  shellcheck over the scripts, cppcheck and clang-tidy over the C, ruff over the Python; part of make lint'

.PHONY: lint-sh lint-c lint-tidy lint-py
lint: lint-sh lint-c lint-tidy lint-py

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

# What includes headers of packages that the build does not need is left to its own target.
TIDY_NOT := examples/xrt_matmul.c host/mpi/ sim/xrt/
lint-tidy: build/host/onnx.pb-c.c build/host/gpu_lines.h
	$(call say,LINT,C once more)
	$(Q)if ! command -v clang-tidy >/dev/null; then echo 'SKIP: no clang-tidy (Debian: clang-tidy)'; \
	    else printf '%s\n' $(call tracked,'driver/*.c' 'hls/*.c' 'host/*.c' 'sim/*.c' 'bitstreams/*.c' 'examples/*.c',-name '*.c') | \
	    grep -v $(TIDY_NOT:%=-e %) | tr '\n' '\0' | xargs -0 -n4 -P$(JOBS) sh -c 'clang-tidy --quiet "$$@" -- -std=c11 -I. -Idriver -Ihost/include \
	    -isystem build/host -DSYSTOLE_ROWS=16 -DSYSTOLE_COLS=16 2>build/lint-tidy.$$$$ || { cat build/lint-tidy.$$$$; exit 1; }; rm build/lint-tidy.$$$$' tidy; fi

RUFF_VERSION := 0.14.5
build/venv-ruff/.installed:
	$(call say,PIP,ruff $(RUFF_VERSION))
	$(Q)python3 -m venv build/venv-ruff && build/venv-ruff/bin/pip install -q ruff==$(RUFF_VERSION) && touch $@

lint-py:
	$(call say,LINT,Python)
	$(Q)if ! $(MAKE) build/venv-ruff/.installed; then echo 'SKIP: ruff $(RUFF_VERSION) cannot be installed'; \
	    else build/venv-ruff/bin/ruff check --no-cache -q --config "lint.ignore = [\"SIM108\"]" --line-length 160 $(call tracked,'*.py',-name '*.py'); fi
