# SPDX-License-Identifier: Apache-2.0
# Installing: the library, its headers, the command, the devices, what pkg-config, man and the shells read; a Debian package.

help::
	@echo 'make install       library, headers, command, devices, fast model, BLAS provider and plug-in for ONNX Runtime below PREFIX ($(PREFIX)),'
	@echo '                   in DESTDIR where that is given; make uninstall takes them away'
	@echo 'make deb           Debian packages in build/deb'

PREFIX ?= /usr/local
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
mandir ?= $(PREFIX)/share/man
bashdir ?= $(PREFIX)/share/bash-completion/completions
zshdir ?= $(PREFIX)/share/zsh/site-functions
fishdir ?= $(PREFIX)/share/fish/vendor_completions.d
# Where the installed command looks for the library beside the system's directories; empty: nowhere else.
INSTALL_RPATH ?= $$ORIGIN/../lib
# Configurations whose simulator and functional device are installed.
INSTALL_DEVICES ?= ROWS=16,COLS=16
INSTALL ?= install
VERSION := $(shell sed -n 's/^.define SYSTOLE_VERSION_[A-Z]* //p' host/include/systole.h | paste -sd.)
.PHONY: install uninstall install-devices install-beside deb

build/install/systole.h: host/include/systole.h driver/systole_status.h driver/status.def host/install/header.awk
	@mkdir -p $(@D)
	$(Q)awk -v status=driver/systole_status.h -v def=driver/status.def -f host/install/header.awk $< >$@

build/install/systole.pc: FORCE host/install/systole.pc.in
	@mkdir -p $(@D)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(libdir)|; s|@INCLUDEDIR@|$(includedir)|; s|@VERSION@|$(VERSION)|' host/install/systole.pc.in >$@

# The command again, with the installed library's place in it.
build/install/rpath: FORCE
	$(call stamp,$@,$(INSTALL_RPATH))

build/install/systole: $(CLI_OBJ) build/libsystole.so build/install/rpath
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) $(LINK_HARDEN) -pie -o $@ $(filter %.o,$^) -Lbuild -lsystole -lm $(if $(INSTALL_RPATH),-Wl$(comma)-rpath$(comma)'$(INSTALL_RPATH)')

install-devices:
	$(Q)set -e; for d in $(subst $(comma),:,$(INSTALL_DEVICES)); do $(MAKE) sim hls $$(echo $$d | tr : ' '); done

# MAN_BUILT: the manual pages, of host/cli. Their sections are their endings.
INSTALLED_LIBS = $(shell for d in $(subst $(comma),:,$(INSTALL_DEVICES)); do $(MAKE) -s show-libs $$(echo $$d | tr : ' '); done)

# The other public headers, as they are; what stands beside the devices: the fast model, the plug-in for ONNX Runtime, and the BLAS provider where it
# can be built.
INSTALL_HEADERS := host/include/systole_multiply.h host/include/systole_train.h host/include/systole_group.h
INSTALL_BESIDE = $(MODEL_LIB) build/libsystole_ort_ep.so $(if $(filter x86_64,$(shell uname -m)),build/libsystole_blas.so)

install-beside:
	$(Q)$(MAKE) $(INSTALL_BESIDE)

install: build/install/systole build/install/systole.h build/install/systole.pc $(MAN_BUILT) install-devices install-beside
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(libdir)/pkgconfig' '$(DESTDIR)$(libdir)/systole' '$(DESTDIR)$(includedir)'
	$(Q)$(INSTALL) -m 755 build/install/systole '$(DESTDIR)$(bindir)/systole'
	$(Q)$(INSTALL) -m 644 build/libsystole.so.0 '$(DESTDIR)$(libdir)/libsystole.so.$(VERSION)'
	$(Q)ln -sf libsystole.so.$(VERSION) '$(DESTDIR)$(libdir)/libsystole.so.0'
	$(Q)ln -sf libsystole.so.0 '$(DESTDIR)$(libdir)/libsystole.so'
	$(Q)$(INSTALL) -m 644 build/install/systole.h $(INSTALL_HEADERS) '$(DESTDIR)$(includedir)/'
	$(Q)$(INSTALL) -m 644 build/install/systole.pc '$(DESTDIR)$(libdir)/pkgconfig/systole.pc'
	$(Q)$(INSTALL) -m 644 $(INSTALLED_LIBS) $(INSTALL_BESIDE) '$(DESTDIR)$(libdir)/systole/'
	$(Q)set -e; for f in $(MAN_BUILT); do man='$(DESTDIR)$(mandir)'/man$${f##*.}; $(INSTALL) -d "$$man"; $(INSTALL) -m 644 "$$f" "$$man/"; done
	$(Q)set -e; put() { if test -e "$$1"; then $(INSTALL) -d "$$(dirname "$$2")"; $(INSTALL) -m 644 "$$1" "$$2"; fi; }; \
	    put docs/man/systole.bash '$(DESTDIR)$(bashdir)/systole'; put docs/man/_systole '$(DESTDIR)$(zshdir)/_systole'; \
	    put docs/man/systole.fish '$(DESTDIR)$(fishdir)/systole.fish'

uninstall:
	$(call say,REMOVE,$(DESTDIR)$(PREFIX))
	$(Q)rm -f '$(DESTDIR)$(bindir)/systole' '$(DESTDIR)$(libdir)/libsystole.so' '$(DESTDIR)$(libdir)'/libsystole.so.0* \
	    '$(DESTDIR)$(includedir)/systole.h' \
	    $(INSTALL_HEADERS:host/include/%='$(DESTDIR)$(includedir)/%') '$(DESTDIR)$(libdir)/pkgconfig/systole.pc' '$(DESTDIR)$(bashdir)/systole' \
	    '$(DESTDIR)$(zshdir)/_systole' '$(DESTDIR)$(fishdir)/systole.fish'
	$(Q)rm -f '$(DESTDIR)$(libdir)'/systole/libsystole_sim_*.so '$(DESTDIR)$(libdir)'/systole/libsystole_hls_*.so \
	    '$(DESTDIR)$(libdir)'/systole/libsystole_model.so '$(DESTDIR)$(libdir)'/systole/libsystole_blas.so \
	    '$(DESTDIR)$(libdir)'/systole/libsystole_mpi.so \
	    '$(DESTDIR)$(libdir)'/systole/libsystole_ort_ep.so
	$(Q)for f in $(MAN_BUILT); do rm -f '$(DESTDIR)$(mandir)'/man$${f##*.}/"$${f##*/}"; done
	$(Q)rmdir '$(DESTDIR)$(libdir)/systole' 2>/dev/null || true

deb:
	$(Q)MAKE='$(MAKE)' VERSION='$(VERSION)' sh host/install/deb.sh
