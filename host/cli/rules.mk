# SPDX-License-Identifier: Apache-2.0
# The command's manual and completions. The verbs and options in them are the command's own tables, the functions the header's.

help::
	@echo 'make man           manual pages: build/docs/man; completions are rewritten in docs/man'
.PHONY: man check-man

MAN_BUILT := build/docs/man/systole.1 build/docs/man/systole.3
SHELLS := bash:systole.bash zsh:_systole fish:systole.fish

build/docs/man/systole.1: docs/man/systole.1.in build/systole
	@mkdir -p $(@D)
	$(Q)build/systole completion mdoc >$@.verbs
	$(Q)sed -e '/^@VERBS@$$/{r $@.verbs' -e 'd;}' $< >$@

build/docs/man/systole.3: docs/man/systole.3.in docs/man/functions.awk host/include/systole.h
	@mkdir -p $(@D)
	$(Q)awk -f docs/man/functions.awk host/include/systole.h >$@.functions
	$(Q)sed -e '/^@FUNCTIONS@$$/{r $@.functions' -e 'd;}' $< >$@

man: $(MAN_BUILT)
	$(Q)set -e; for s in $(SHELLS); do build/systole completion $${s%%:*} >docs/man/$${s#*:}; done

# The pages hold no mistake that a formatter finds, name every verb, and the completions are the command's.
TEST_CHECKS += check-man
check-man: $(MAN_BUILT)
	$(Q)sh tests/cli/check_man.sh $(MAN_BUILT) $(SHELLS)

# Their tests are linked with the library alone.
build/tests/test_host_difference: build/obj/host/cli/error_map.o
build/tests/test_host_energy: build/obj/host/cli/energy.o
build/tests/test_host_grid: build/obj/host/cli/grid.o build/obj/host/cli/area.o

# The page of `run --view`, a string a line.
build/host/view_page.c: host/cli/view.html
	@mkdir -p $(@D)
	$(Q){ echo '#include "host/cli/view.h"'; echo 'const char *const cli_view_page[] = {'; \
	    sed -e '/^<!-- SPDX/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/    "&",/' $<; echo '    0};'; } >$@

build/obj/host/view_page.o: build/host/view_page.c build/obj/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -Ihost/include -c -o $@ $<

help::
	@echo 'make test-view     pages of `systole run --view` in a browser without a window: what they show is what left the array'
.PHONY: test-view
TEST_CHECKS += test-view
test-view: build/systole build/examples/transformer.onnx
	$(Q)$(MAKE) -s sim ROWS=4 COLS=4
	$(Q)$(MAKE) -s sim ROWS=4 COLS=4 FAULTS=1
	$(Q)sh tests/cli/view.sh
