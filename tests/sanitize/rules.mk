# SPDX-License-Identifier: Apache-2.0
# The unit tests of the C, built with sanitizers: each in a folder of its own, which has links to the sources and a build/ of its own.

help::
	@echo 'make test-sanitize the unit tests with the address, leak and undefined-behaviour sanitizers; those of threads, and a soak, with the thread sanitizer'

SANITIZED_TESTS = $(UNIT_TESTS) $(HOST_TESTS)
# Those that make threads, in the library or in the test; and the soak, which has several devices and all kinds of work in one process.
SANITIZED_THREADS := test_host_threads test_host_engine test_host_cpu test_host_reference test_driver_run
SANITIZED_SOAK_MINUTES ?= 0.5
# With the sanitizers' checks between, gcc takes an array in a structure for its first element (stringop-overflow).
address_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
thread_FLAGS := -fsanitize=thread -fno-omit-frame-pointer
address_TESTS = $(SANITIZED_TESTS)
thread_TESTS = $(SANITIZED_THREADS)
# A window may begin below its memory, and its base is then no address of an object, which the sanitizer would say of each access.
HLS_SANITIZE := $(if $(findstring undefined,$(SANITIZE)),-fno-sanitize=pointer-overflow)
build/obj/hls/%.o: C_FLAGS += $(HLS_SANITIZE)
# PoCL loses memory of its own in kernels' libraries that are gone when leaks are told, so that no list can except them: leaks are looked for
# without it, and the tests that reach it run once more with it.
address_ENV := OCL_ICD_VENDORS=/nowhere
OPENCL_TESTS := test_host_opencl test_host_matrix
.PHONY: test-sanitize sanitize-sim sanitize-address sanitize-thread sanitize-opencl

# $(1): address or thread. The networks for the tests of models stay beside the checkout: ../shared, seen from the folder. The
# simulator is the one of the ordinary build: of it only the C under sim/ is ours, which its own test has in it.
define sanitize_rule
sanitize-$(1): sanitize-sim
	$$(Q)mkdir -p build/sanitize/$(1) && for f in Makefile driver host hls sim rtl tests docs examples bitstreams; do \
	    ln -sfn ../../../$$$$f build/sanitize/$(1)/$$$$f; done && ln -sfn ../../../shared build/sanitize/shared && \
	    mkdir -p build/sanitize/$(1)/build/sim && ln -sf ../../../../sim/libsystole_sim_4x4.so build/sanitize/$(1)/build/sim/
	$$(Q)cd build/sanitize/$(1) && set -- SANITIZE='$$($(1)_FLAGS)' CFLAGS='-O1 -g -Wno-stringop-overflow' && \
	    $$(MAKE) $$(jobs) "$$$$@" $$($(1)_TESTS:%=build/tests/%) build/examples/transformer.onnx && $$(MAKE) "$$$$@" hls ROWS=4 COLS=4 && \
	    $$(MAKE) "$$$$@" hls ROWS=16 COLS=16
	$$(Q)cd build/sanitize/$(1) && UNITS='$$($(1)_TESTS:%=build/tests/%)' $$($(1)_ENV) UBSAN_OPTIONS=print_stacktrace=1 sh tests/run.sh 1 0 0
endef
$(foreach s,address thread,$(eval $(call sanitize_rule,$(s))))

sanitize-sim:
	$(Q)$(MAKE) sim ROWS=4 COLS=4

sanitize-opencl: sanitize-address
	$(Q)cd build/sanitize/address && UNITS='$(OPENCL_TESTS:%=build/tests/%)' ASAN_OPTIONS=detect_leaks=0 sh tests/run.sh 1 0 0

.PHONY: sanitize-soak
sanitize-soak: sanitize-thread
	$(Q)cd build/sanitize/thread && $(MAKE) SANITIZE='$(thread_FLAGS)' CFLAGS='-O1 -g' build/tests/soak build/examples/resnet8.onnx && mkdir -p build/report && \
	    TSAN_OPTIONS=halt_on_error=1 build/tests/soak $(SANITIZED_SOAK_MINUTES) build/report/soak.json

test-sanitize: sanitize-address sanitize-opencl sanitize-thread sanitize-soak
