# SPDX-License-Identifier: Apache-2.0
# The examples of docs/extend.md: put into a copy of the project, built and used there.

help::
	@echo 'make test-extend   the examples of docs/extend.md: a new operator, a new back end, a new instruction, built and used in a copy'

.PHONY: test-extend
TEST_CHECKS += test-extend
test-extend: host
	$(Q)sh tests/extend/run.sh

build/examples/run_program: build/obj/examples/run_program.o build/libsystole.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $< -Lbuild -lsystole -Wl,-rpath,'$$ORIGIN/..'
