# SPDX-License-Identifier: Apache-2.0
# The Python package: installed as a user would into build/venv-python, and where PyTorch is installed into a second environment
# that sees it. What is needed comes from the Python package index; without it the tests are skipped, which is said and counted.

help::
	@echo 'make test-python   the Python package (docs/python.md): pytest, ruff, mypy; takes them from the Python package index'

PYTHON_TOOLS := numpy pytest ruff mypy setuptools wheel
PYTHON_SRC := $(wildcard host/python/*.toml host/python/*.md host/python/systole/*.py host/python/systole/py.typed)
PYTHON_TESTS := $(filter-out tests/python/test_torch.py,$(wildcard tests/python/test_*.py))
# A Python that has PyTorch, tried by name.
TORCH_PYTHON = $(firstword $(foreach p,python3 /usr/bin/python3,$(shell $(p) -c 'import torch' 2>/dev/null && echo $(p))))

.PHONY: test-python test-python-run test-python-torch

build/venv-python/.tools: tests/python/rules.mk
	$(call say,PIP,$(PYTHON_TOOLS))
	$(Q)python3 -m venv build/venv-python && build/venv-python/bin/pip install -q --disable-pip-version-check $(PYTHON_TOOLS) && touch $@

build/venv-python-torch/.tools: tests/python/rules.mk
	$(call say,PIP,pytest beside PyTorch)
	$(Q)$(TORCH_PYTHON) -m venv --system-site-packages build/venv-python-torch && \
	    build/venv-python-torch/bin/pip install -q --disable-pip-version-check pytest setuptools wheel && touch $@

# From a copy, for setuptools writes beside what it builds from.
build/%/.systole: build/%/.tools $(PYTHON_SRC)
	$(call say,PIP,systole into build/$*)
	$(Q)rm -rf build/python-$* && cp -r host/python build/python-$* && rm -rf build/python-$*/build build/python-$*/*.egg-info
	$(Q)build/$*/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall build/python-$* && touch $@

test-python:
	$(Q)if ! $(MAKE) build/venv-python/.tools; then echo 'SKIP: $(PYTHON_TOOLS) cannot be installed'; \
	    echo 'test-python: 0 passed, 0 failed, 1 skipped'; else $(MAKE) test-python-run; fi

test-python-run: build/libsystole.so $(NETWORKS) build/venv-python/.systole
	$(Q)$(MAKE) -s hls $(FUZZ_0)
	$(Q)cd host/python && ../../build/venv-python/bin/ruff check --no-cache -q . && \
	    ../../build/venv-python/bin/ruff check --no-cache -q --config pyproject.toml --extend-ignore D1 ../../tests/python
	$(Q)cd host/python && ../../build/venv-python/bin/mypy --cache-dir ../../build/venv-python/mypy systole
	$(Q)SYSTOLE_LIBRARY=$(CURDIR)/build/libsystole.so.0 build/venv-python/bin/python -B -m pytest -q -p no:cacheprovider $(PYTHON_TESTS)
	$(Q)if test -z '$(TORCH_PYTHON)'; then echo 'SKIP: no Python here has PyTorch (Debian: python3-torch)'; \
	    echo 'test-python, PyTorch: 0 passed, 0 failed, 1 skipped'; \
	elif ! $(MAKE) build/venv-python-torch/.tools; then echo 'SKIP: pytest cannot be installed beside PyTorch'; \
	    echo 'test-python, PyTorch: 0 passed, 0 failed, 1 skipped'; \
	else $(MAKE) test-python-torch; fi

# All of them again: with it comes another NumPy.
test-python-torch: build/libsystole.so $(NETWORKS) build/venv-python-torch/.systole
	$(Q)SYSTOLE_LIBRARY=$(CURDIR)/build/libsystole.so.0 build/venv-python-torch/bin/python -B -m pytest -q -p no:cacheprovider tests/python
