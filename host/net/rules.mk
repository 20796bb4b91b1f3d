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
