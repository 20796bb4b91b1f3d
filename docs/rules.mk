# SPDX-License-Identifier: Apache-2.0
# The pages as a site, with the C interface from the comments of the headers.

.PHONY: docs
TEST_CHECKS += docs

help::
	@echo 'make docs          the pages and the C interface as a site: build/docs/site/index.html (Doxygen, cmark-gfm)'

# A warning of Doxygen is an error: a comment that names what is not there.
docs:
	$(Q)rm -rf build/docs/site && mkdir -p build/docs/site
	$(call say,DOXYGEN,build/docs/site/api)
	$(Q)if ! doxygen docs/site/Doxyfile; then cat build/docs/doxygen.log >&2; exit 1; fi
	$(Q)grep -q SYSTOLE_NOT_FOUND build/docs/site/api/systole__status_8h.html && grep -q systole_session_run build/docs/site/api/systole_8h.html
	$(call say,SITE,build/docs/site)
	$(Q)sh docs/site/site.sh build/docs/site

# The pictures of the README, by a browser without a window.
.PHONY: pictures
help::
	@echo 'make pictures      the pictures of the README, docs/pictures: a report and the array at work (takes chromium)'
BROWSER := $(firstword $(shell command -v chromium chromium-browser google-chrome 2>/dev/null))
picture = $(BROWSER) --headless --no-sandbox --disable-gpu --hide-scrollbars --screenshot=$(CURDIR)/docs/pictures/$(1).png --window-size=$(2) \
    'file://$(CURDIR)/build/report/$(1).html$(3)' 2>/dev/null
pictures: host build/examples/resnet8.onnx
	$(Q)test -n '$(BROWSER)' || { echo 'pictures: no chromium was found (Debian: chromium)' >&2; exit 1; }
	$(Q)$(MAKE) -s sim ROWS=8 COLS=8
	$(Q)mkdir -p build/report docs/pictures
	$(Q)build/systole run build/examples/resnet8.onnx --random 1 --device sim:8x8 --quiet --report build/report/report.html \
	    --view build/report/array.html --layer stage2.shortcut --skip 1400
	$(Q)$(call picture,report,1120$(comma)1150)
	$(Q)cycle=$$(sed -n 's/^x \([0-9a-f]*\) .*/\1/p' build/report/array.html | sed -n 120p); $(call picture,array,1120$(comma)900,#cycle='$$((0x$$cycle))')
	@ls -l docs/pictures/*.png
