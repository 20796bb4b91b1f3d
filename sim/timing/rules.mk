# SPDX-License-Identifier: Apache-2.0
# The fast model: time by an event model of the RTL, results from the HLS C. One library for all configurations.

MODEL_SRC := $(wildcard sim/timing/*.c) sim/options.c sim/fault.c sim/regions.c sim/memory.c
MODEL_LIB := build/model/libsystole_model.so

help::
	@echo 'make model         the fast model, every configuration in one library: build/model/libsystole_model.so'

.PHONY: model
model: $(MODEL_LIB)

build/model/flags: FORCE
	$(call stamp,$@,$(CC) $(C_FLAGS) $(NATIVE))

build/model/%.o: %.c build/model/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -O3 $(NATIVE) -c -o $@ $<

# For any processor, as valgrind's is one.
MODEL_PLAIN_LIB := build/model/plain/libsystole_model.so
$(MODEL_PLAIN_LIB): $(MODEL_SRC) $(wildcard sim/timing/*.h sim/*.h) build/model/flags
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(C_FLAGS)) -shared $(SANITIZE) -Wl,-Bsymbolic -o $@ $(MODEL_SRC) -ldl

$(MODEL_LIB): $(MODEL_SRC:%.c=build/model/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SANITIZE) $(LINK_HARDEN) -Wl,-Bsymbolic -Wl,-z,defs -o $@ $^ -ldl
