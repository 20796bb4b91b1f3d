# SPDX-License-Identifier: Apache-2.0
# The training examples, and what they have to show.

help::
	@echo 'make train         the training examples: build/examples/train_digits, build/examples/train_gpt (docs/training.md)'
	@echo 'make test-train    they train on hls:16x16 and sim:16x16, bit by bit as on the cpu; gradients against PyTorch'
	@echo '                   where it is there; then what test-mpi (where MPI is there), test-blas and test-ort-ep do'

.PHONY: train test-train test-train-short
TEST_CHECKS += test-train-short
.SECONDARY: $(patsubst %,build/obj/examples/%.o,train_digits train_gpt train_common)
TRAIN_EXAMPLES := train_digits train_gpt
train: $(TRAIN_EXAMPLES:%=build/examples/%)

build/obj/examples/train_%.o: C_FLAGS += -Ihost/include

build/examples/train_%: build/obj/examples/train_%.o build/obj/examples/train_common.o build/libsystole.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -Lbuild -lsystole -Wl,-rpath,'$$ORIGIN/..' -lm

# On devices that `make test` builds.
test-train-short: train
	$(Q)build/examples/train_digits --device hls:4x4 --check cpu --steps 2 --batch 4
	$(Q)build/examples/train_gpt --device hls:4x4 --check cpu --steps 2 --batch 1

test-train: train build/tests/train_gradients
	$(Q)$(MAKE) hls ROWS=16 COLS=16
	$(Q)$(MAKE) sim ROWS=16 COLS=16 ASSERT=0
	$(Q)sh tests/train/run.sh
	$(Q)$(MAKE) mpi-tests
	$(Q)$(MAKE) test-blas
	$(Q)$(MAKE) test-ort-ep

build/obj/tests/train/%.o: C_FLAGS += -Ihost/include
build/tests/train_gradients: build/obj/tests/train/gradients.o build/libsystole.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -Lbuild -lsystole -Wl,-rpath,'$$ORIGIN/..'
