# SPDX-License-Identifier: Apache-2.0
# Pages and files: what they say of themselves is true.

.PHONY: check-links check-files check-cycles test-tutorials
TEST_CHECKS += check-links check-files check-cycles test-tutorials

help::
	@echo 'make check-links   links, headings and commands of make in the pages: do they lead somewhere?'
	@echo 'make check-files   licence, blanks, tabs, length and width of every file (WIDTH=160)'
	@echo 'make check-cycles  the diagram of cycles in docs/blocks/array.md is what a simulation does'
	@echo 'make test-tutorials  what docs/tutorials tell a reader to do, done and compared with what they show (TUTORIALS=)'

# Of this make's own rules: all that it knows, by asking it for its database.
targets_of_make = $$($(MAKE) -npq HELP_LINES=1 help 2>/dev/null | sed -n 's/^\([a-z][a-z0-9_-]*\):.*/\1/p' | sort -u | tr '\n' ' ')

check-links:
	$(Q)TARGETS="$(targets_of_make)" HELP="$$($(MAKE) -s help)" sh tests/docs/check_links.sh
	@# Each kind of mistake is noticed.
	$(Q)rm -rf build/docs-twin && mkdir -p build/docs-twin/docs && cd build/docs-twin && \
	    printf '%s\n' '# Twin' '[a](docs/README.md)' >README.md && echo '[a](a.md)' >docs/README.md && echo '# A' >docs/a.md && \
	    check() { TARGETS=all sh ../../tests/docs/check_links.sh >log; } && check && \
	    for line in '[b](docs/b.md)' '[b](docs/a.md#b)' '`make none`'; do printf '%s\n' '# Twin' "$$line" >README.md; \
	    if check; then echo "check-links: $$line is not noticed" >&2; exit 1; fi; done && \
	    echo '# Twin' >README.md && echo '# B' >docs/b.md && \
	    if check; then echo 'check-links: a page that is not listed is not noticed' >&2; exit 1; fi

check-files:
	$(Q)WIDTH='$(or $(WIDTH),160)' sh tests/docs/check_files.sh
	@# No licence, a tab, blanks, a wide line, a long file: five mistakes in one file.
	$(Q)rm -rf build/files-twin && mkdir -p build/files-twin && \
	    awk 'BEGIN { print "int\tx; "; printf "// %0200d\n", 0; for (i = 0; i < 500; i++) print "" }' >build/files-twin/twin.c && \
	    if sh tests/docs/check_files.sh build/files-twin >build/files-twin.log; then echo 'check-files: nothing is noticed' >&2; exit 1; fi && \
	    grep -q ', 5 things to mend' build/files-twin.log

# That it notices something is tried on pages that say what is not so.
TUTORIALS ?= $(wildcard docs/tutorials/*.md)
test-tutorials:
	$(Q)mkdir -p build/tutorial && for wrong in 'echo a' 'echo b; false' 'true' 'echo b; echo a'; do \
	    printf '%s\n' '```console' "$$ $$wrong" b '```' >build/tutorial/wrong.md; \
	    if sh tests/docs/tutorial.sh build/tutorial/wrong.md >/dev/null; then \
	        echo "test-tutorials: '$$wrong' is not noticed" >&2; exit 1; fi; done; rm build/tutorial/wrong.md
	$(Q)sh tests/docs/tutorial.sh $(TUTORIALS)

# The diagram of cycles is drawn from a simulation: the page holds each of its lines, in that order.
CYCLES_PAGE := docs/blocks/array.md
check-cycles: build/systole
	$(Q)$(MAKE) -s sim ROWS=4 COLS=4 HAS_FP=0
	$(Q)build/systole bench gemm 6x4x8 --type int8 --repeat 1 --device sim:4x4_has_fp0,view=build/cycles.txt --quiet >/dev/null
	$(Q)awk -f tests/docs/cycles.awk build/cycles.txt >build/cycles.md && grep -q ' A6 .* B6' build/cycles.md
	$(Q)sed -n '/^    cycle  /,/^    sums out/p' $(CYCLES_PAGE) | diff - build/cycles.md && echo 'check-cycles: the diagram is what the simulation does'
