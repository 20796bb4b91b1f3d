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
