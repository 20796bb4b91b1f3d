# SPDX-License-Identifier: Apache-2.0
help::
	@echo 'make test-install  installs into an empty folder; a program built and run against it through pkg-config'

.PHONY: test-install
TEST_CHECKS += test-install

test-install: host build/examples/transformer.onnx
	$(Q)MAKE='$(MAKE)' CC='$(CC)' sh tests/install/test_install.sh

# The README's two commands on a minimal Debian 12, made in TRIAL by debootstrap: minutes, and needs root.
help::
	@echo 'make trial TRIAL=DIR  `make run` and `make test` on a bare Debian 12 made in DIR (debootstrap, root)'

.PHONY: trial
trial:
	$(Q)test -n '$(TRIAL)' || { echo 'make trial TRIAL=DIR: where to?' >&2; exit 1; }
	$(Q)sh tests/install/trial.sh '$(TRIAL)'
