# SPDX-License-Identifier: Apache-2.0
# `systole compare --bisect` against faults that are in the simulator on purpose.
help::
	@echo 'make test-bisect   faults put into the simulated RTL: is each found, layer and PE? (builds a simulator of its own)'

BISECT_DATA := $(or $(SYSTOLE_DATA),../shared/data)/mlperf_tiny

.PHONY: test-bisect
test-bisect: build/systole build/examples/transformer.onnx build/examples/resnet8.onnx
	$(Q)$(MAKE) sim $(FAULT_CONFIG) FAULTS=1
	@mkdir -p build/report
	$(Q)sh tests/bisect/run.sh sim:4x4_faults1 build/examples '$(BISECT_DATA)' build/report/bisect.json
