# SPDX-License-Identifier: Apache-2.0
# Devices of the tests' own: an odd shape, one without floating point, one so small that a layer of a few pixels has to be cut.
NET_DEVICES := 'ROWS=8 COLS=16 ACC_ROWS=256' 'ROWS=8 COLS=4 HAS_FP=0' \
    'ROWS=4 COLS=4 APAD_BYTES=1024 WPAD_BYTES=512 ACC_ROWS=32 PARAM_ROWS=16'

build/tests/test_host_net build/tests/test_host_net_file: | build/tests/.net_devices
build/tests/.net_devices: $(HLS_SRC) $(SPEC)
	@mkdir -p $(@D)
	$(Q)set -e; for d in $(NET_DEVICES); do $(MAKE) hls $$d; done
	@touch $@

MAKE_PUBLISHED := build/obj/examples/make_quantised.o build/obj/examples/make_published.o
build/examples/make_network: $(MAKE_PUBLISHED)
$(MAKE_PUBLISHED): | build/host/onnx.pb-c.c

# Networks of the published shapes: too large to be made for every test.
build/networks/%.onnx: build/examples/make_network
	$(call say,ONNX,$@)
	@mkdir -p $(@D)
	$(Q)$< --kind $* $@

help::
	@echo 'make bench-net     int8 networks on the 16x16 and 32x32 RTL: how busy the array is (minutes)'
NET_BENCH := mobilenetv1-int8.onnx@sim:16x16_assert0@60 resnet50-int8.onnx@sim:16x16_assert0@95 resnet50-int8.onnx@sim:32x32_assert0@88

build/obj/tests/bench/bench_net.o: C_FLAGS += -Ihost/include
build/tests/bench_net: build/obj/tests/bench/bench_net.o build/libsystole.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -Lbuild -lsystole -Wl,-rpath,'$$ORIGIN/..'

.PHONY: bench-net
bench-net: build/tests/bench_net $(sort $(foreach n,$(NET_BENCH),build/networks/$(firstword $(subst @, ,$(n)))))
	$(Q)$(MAKE) sim ASSERT=0 ROWS=16 COLS=16
	$(Q)$(MAKE) sim ASSERT=0 ROWS=32 COLS=32
	@mkdir -p build/report
	$(Q)build/tests/bench_net --report build/report/bench-net.json $(NET_BENCH:%=build/networks/%)
