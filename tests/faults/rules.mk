# SPDX-License-Identifier: Apache-2.0
# Campaigns of faults: what the machine and the library make of errors, hangs, resets, nonsense, full disks and killed processes.
# (`make test-faults` is another thing: wrong values inside the RTL, to judge the comparisons by.)

help::
	@echo 'make faults        faults from outside, a class a row: bus errors and hangs at each beat, changed programs, resets, killed hosts, full disks'
	@echo 'make faults-upsets bit flips in the memories of the simulated RTL, without and with parity: how many are masked, detected, wrong'

FAULTS_SRC := $(wildcard tests/faults/*.c)
# From the random programs: the reference, and what tells how much of an outcome is defined.
FAULTS_SRC += $(filter-out %/fuzz.c %/device.c %/shrink.c %/coverage.c %/model_reference.c,$(FUZZ_SRC))
FAULTS_SHARE ?= 1
# One case in so many, for `make test`.
FAULTS_SHORT := 97
.PHONY: faults faults-upsets test-faults-short test-upsets-short faults-devices

build/obj/tests/faults/%.o: C_FLAGS += -Ihost/include

build/tests/faults: $(FAULTS_SRC:%.c=build/obj/%.o) $(HOST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(HOST_LIBS)

faults-devices: build/tests/faults build/systole $(NETWORKS)
	$(Q)$(MAKE) sim hls model ROWS=4 COLS=4

faults: faults-devices
	$(Q)mkdir -p build/report
	$(Q)build/tests/faults --seed $(SEED) --share $(FAULTS_SHARE) --report build/report/faults.json

faults-upsets: faults-devices
	$(Q)$(MAKE) sim ROWS=4 COLS=4 PARITY=1
	$(Q)mkdir -p build/report
	$(Q)build/tests/faults --seed $(SEED) --upsets build/report/faults-upsets.json

# The configuration of the random programs that is a 4x4 with parity, and flips enough to meet each of its memories.
UPSETS_CONFIG = $(FUZZ_5)
UPSETS_SHORT := 20
TEST_CHECKS += test-upsets-short
test-upsets-short: faults-devices
	$(Q)$(MAKE) sim $(UPSETS_CONFIG)
	$(Q)mkdir -p build/report
	$(Q)build/tests/faults --seed $(SEED) --share $(UPSETS_SHORT) --upsets build/report/upsets-short.json \
	    --parity $$($(MAKE) -s show-libs $(UPSETS_CONFIG) | cut -d' ' -f1)

TEST_CHECKS += test-faults-short
test-faults-short: faults-devices
	$(Q)build/tests/faults --seed $(SEED) --share $(FAULTS_SHORT)

# What one tenant of a device leaves to the next.
UNIT_TESTS += test_driver_isolation test_driver_wipe
UNIT_test_driver_isolation := tests/unit/test_driver_isolation.c $(DRIVER_SRC)
UNIT_test_driver_wipe := tests/unit/test_driver_wipe.c $(DRIVER_SRC)
build/tests/test_driver_isolation build/tests/test_driver_wipe: | build/tests/libsystole_fake.so
