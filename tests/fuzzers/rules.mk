# SPDX-License-Identifier: Apache-2.0
# libFuzzer on what takes bytes from outside. Built by clang in a folder of links with a build/ of its own, as tests/sanitize does.

help::
	@echo 'make fuzzers       libFuzzer programs for every kind of file, device programs, the command line, the environment: build/sanitize/fuzz/build/fuzzers'
	@echo 'make fuzz-run SECONDS=60   runs each for so long, from the inputs kept in build/fuzz-corpus; finds are written to build/fuzz-finds'

FUZZERS := onnx tensor program dataset checkpoint compiled manifest settings command
FUZZ_CC ?= clang
FUZZ_TREE := build/sanitize/fuzz
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
SECONDS ?= 60
SHORT_SECONDS := 4
# The longest input, a limit in seconds for one of them, and one in MiB for the whole.
FUZZ_LIMITS := -max_len=8192 -timeout=20 -rss_limit_mb=2048
.PHONY: fuzzers fuzzers-inside fuzz-run test-fuzzers

# ---- In the folder of links ----

build/obj/tests/fuzzers/%.o: C_FLAGS += -Ihost/include -isystem build/host
$(patsubst %.c,build/obj/%.o,$(wildcard tests/fuzzers/*.c)): | build/host/onnx.pb-c.c

build/fuzzers/write_seeds: build/obj/tests/fuzzers/write_seeds.o build/obj/tests/fuzzers/write_more_seeds.o $(HOST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka -lprotobuf-c -lpthread -ldl -lm

# What some take besides the library.
build/fuzzers/fuzz_manifest: $(addprefix build/obj/bitstreams/tool/,manifest.o json.o sha256.o)
build/fuzzers/fuzz_settings: build/obj/host/blas/settings.o
build/fuzzers/fuzz_command: build/fuzzers/cli_main.o $(filter-out %/main.o,$(CLI_SRC:%.c=build/obj/%.o)) build/obj/host/view_page.o

# The command, its main() by another name.
build/fuzzers/cli_main.o: host/cli/main.c build/obj/flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -Ihost/include -Dmain=cli_main -Wno-missing-prototypes -c -o $@ $<

build/fuzzers/fuzz_%: build/obj/tests/fuzzers/fuzz_%.o $(HOST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ -lprotobuf-c -lpthread -ldl -lm

# The device with the sanitizers in it: they are the fuzzer's own, so that not every symbol is found when it is linked.
FUZZ_DEVICE_OBJ := $(patsubst hls/%.c,build/hls/$(HLS_NAME)/%.o,$(wildcard hls/*.c))
build/fuzzers/libsystole_hls_$(HLS_NAME).so: $(FUZZ_DEVICE_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(SANITIZE) -Wl,-Bsymbolic -o $@ $^ -lm

fuzzers-inside: build/fuzzers/write_seeds build/fuzzers/libsystole_hls_$(HLS_NAME).so $(FUZZERS:%=build/fuzzers/fuzz_%)

# ---- From outside ----

# clang warns of other things than the compiler of the build; what it would say is not what these programs are for.
fuzzers:
	$(Q)mkdir -p $(FUZZ_TREE) && for f in Makefile driver host hls sim rtl tests docs examples bitstreams; do ln -sfn ../../../$$f $(FUZZ_TREE)/$$f; done
	$(Q)cd $(FUZZ_TREE) && $(MAKE) $(jobs) CC=$(FUZZ_CC) WARN= SANITIZE='$(FUZZ_SANITIZE)' CFLAGS='-O1 -g' ROWS=4 COLS=4 fuzzers-inside

fuzz_run = FUZZ_LIMITS='$(FUZZ_LIMITS)' sh tests/fuzzers/run.sh $(FUZZ_TREE)/build/fuzzers $(1) $(FUZZERS)

fuzz-run: fuzzers
	$(Q)$(call fuzz_run,$(SECONDS))

# A few seconds of each; skipped, and said so, where clang or its fuzzer is not there.
TEST_CHECKS += test-fuzzers
test-fuzzers:
	$(Q)if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | $(FUZZ_CC) -x c -fsanitize=fuzzer,address,undefined -o build/.fuzzer - 2>/dev/null; then \
	    $(MAKE) fuzzers && $(call fuzz_run,$(SHORT_SECONDS)); \
	else echo 'SKIP: $(FUZZ_CC) with its fuzzer is not there'; echo 'test-fuzzers: 0 passed, 0 failed, $(words $(FUZZERS)) skipped'; fi
