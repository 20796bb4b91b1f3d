# SPDX-License-Identifier: Apache-2.0
# Hours of mixed work in one process: results compared all along, memory and open files flat.

help::
	@echo 'make soak MINUTES=20  inference, training, files and failures on several devices and threads: every result compared, nothing grows'

MINUTES ?= 20
.PHONY: soak
build/obj/tests/soak/%.o: C_FLAGS += -Ihost/include

build/tests/soak: $(patsubst %.c,build/obj/%.o,$(wildcard tests/soak/*.c)) $(HOST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(HOST_LIBS)

soak: build/tests/soak $(NETWORKS)
	$(Q)$(MAKE) sim hls ROWS=4 COLS=4
	$(Q)mkdir -p build/report
	$(Q)build/tests/soak $(MINUTES) build/report/soak.json
