# SPDX-License-Identifier: Apache-2.0
include sim/xrt/rules.mk

# The 4x4 device behind XRT: two cards with two units each; and the fake device of the driver's tests.
XRT_TEST_SIM := build/sim/libsystole_sim_4x4.so
XRT_TEST_SRC := tests/xrt/test_xrt.c tests/bench/gemm.c $(DRIVER_SRC)

help::
	@echo 'make test-xrt      installs XRT (Debian), then networks, products and failures through xrt:0 and ocl-fpga:0'

build/tests/test_xrt: $(XRT_TEST_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka -ldl -lm -pthread

build/xrt/without_xrt.so: build/obj/tests/xrt/without_xrt.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -o $@ $^ -ldl

# XRT's own headers are not made for these warnings.
build/obj/examples/xrt_matmul.o: C_FLAGS += -isystem /usr/include/xrt
build/examples/xrt_matmul: build/obj/examples/xrt_matmul.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lxrt_coreutil

# $(call xrt_folder,name,library,options of systole-xclbin)
xrt_folder = $(XRT_EMU_DIR)/systole-xclbin --output $(XRT_EMU_DIR)/$(1) --library $(2) $(3)

.PHONY: deps-xrt test-xrt xrt-tests
deps-xrt:
	@set -e; need=; for f in x86_64-linux-gnu/libxrt_coreutil.so.2:libxrt1 ../include/xrt/xrt.h:libxrt-dev ../bin/unzip:unzip ../bin/ps:procps; do \
	    test -e /usr/lib/$${f%%:*} || need="$$need $${f#*:}"; done; \
	if test -z "$$need"; then echo 'deps-xrt: nothing is missing'; exit 0; fi; \
	echo "deps-xrt: installing$$need"; sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends $$need

# XRT's headers are looked for when make starts, so the tests are a make of its own.
test-xrt: deps deps-xrt
	$(Q)$(MAKE) $(jobs) sim hls ROWS=4 COLS=4
	$(Q)$(MAKE) $(jobs) sim ROWS=4 COLS=4 TRACE=1
	$(Q)$(MAKE) $(jobs) xrt-tests

xrt-tests: build/systole build/tests/test_xrt build/tests/libsystole_fake.so build/examples/transformer.onnx build/examples/xrt_matmul \
    build/xrt/without_xrt.so $(XRT_EMU_TOOLS)
	$(Q)$(call xrt_folder,test,$(XRT_TEST_SIM),--cus 2 --cards 2)
	$(Q)$(call xrt_folder,trace,build/sim/libsystole_sim_4x4_trace1.so)
	$(Q)$(call xrt_folder,hls,build/hls/libsystole_hls_4x4.so)
	$(Q)$(call xrt_folder,fake,build/tests/libsystole_fake.so)
	$(Q)sh tests/xrt/run.sh

# The back end on a library in the place of XRT's: part of `make test`.
FAKE_XRT := build/tests/fake_xrt/lib
XRT_CALLS_SRC := tests/xrt/test_xrt_calls.c $(DRIVER_SRC)

$(FAKE_XRT)/libxrt_coreutil.so.2: build/obj/tests/xrt/fake_xrt.o build/obj/driver/backend_xrt_kernel.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(SANITIZE) -o $@ $^

# Where the driver looks for the library that knows the cards.
$(FAKE_XRT)/libxrt_core.so.2: | $(FAKE_XRT)/libxrt_coreutil.so.2
	$(Q)ln -sf libxrt_coreutil.so.2 $@

build/tests/test_xrt_calls: $(XRT_CALLS_SRC:%.c=build/obj/%.o) | $(FAKE_XRT)/libxrt_coreutil.so.2 $(FAKE_XRT)/libxrt_core.so.2
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka -ldl -lm -pthread

.PHONY: test-xrt-calls
test-xrt-calls: build/tests/test_xrt_calls
	$(Q)build/tests/test_xrt_calls
TEST_CHECKS += test-xrt-calls
