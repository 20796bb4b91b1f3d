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
