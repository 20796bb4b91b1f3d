# SPDX-License-Identifier: Apache-2.0
# A device so small that a layer of a few pixels has to be cut.
NET_SMALL := ROWS=4 COLS=4 APAD_BYTES=1024 WPAD_BYTES=512 ACC_ROWS=32 PARAM_ROWS=16

build/tests/test_host_net: | build/tests/.net_small
build/tests/.net_small: $(HLS_SRC) $(SPEC)
	@mkdir -p $(@D)
	$(Q)$(MAKE) hls $(NET_SMALL)
	@touch $@

build/examples/make_network: build/obj/examples/make_quantised.o
build/obj/examples/make_quantised.o: | build/host/onnx.pb-c.c

# Networks of the published shapes: too large to be made for every test.
build/networks/%.onnx: build/examples/make_network
	$(call say,ONNX,$@)
	@mkdir -p $(@D)
	$(Q)$< --kind $* $@

help::
	@echo 'make bench-net     ResNet-50 and MobileNetV1 in int8 on the 16x16 RTL: how busy the array is (minutes)'
NET_BENCH := build/networks/mobilenetv1-int8.onnx:60 build/networks/resnet50-int8.onnx:95

build/obj/tests/bench/bench_net.o: C_FLAGS += -Ihost/include
build/tests/bench_net: build/obj/tests/bench/bench_net.o build/libsystole.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -Lbuild -lsystole -Wl,-rpath,'$$ORIGIN/..'

.PHONY: bench-net
bench-net: build/tests/bench_net $(foreach n,$(NET_BENCH),$(firstword $(subst :, ,$(n))))
	$(Q)$(MAKE) sim ASSERT=0 ROWS=16 COLS=16
	@mkdir -p build/report
	$(Q)build/tests/bench_net --report build/report/bench-net.json sim:16x16_assert0 $(NET_BENCH)
