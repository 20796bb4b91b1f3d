# SPDX-License-Identifier: Apache-2.0
help::
	@echo 'make test-install  installs into an empty folder; a program built and run against it through pkg-config'

.PHONY: test-install
TEST_CHECKS += test-install

test-install: host build/examples/transformer.onnx
	$(Q)MAKE='$(MAKE)' CC='$(CC)' sh tests/install/test_install.sh
