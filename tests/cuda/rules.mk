# SPDX-License-Identifier: Apache-2.0
# The kernels through CUDA's compiler, from the Python package index; no device is needed.

NVRTC_PACKAGE := nvidia-cuda-nvrtc-cu12==12.9.86
CUDA_TEST_SRC := tests/cuda/compile_kernels.c $(HOST_SRC) $(DRIVER_SRC)

help::
	@echo 'make test-cuda     the kernels compile for sm_80 and sm_90 (installs NVRTC into build/), and run on a stand-in; cuBLAS and NVML too'

build/obj/tests/cuda/%.o: C_FLAGS += -Ihost/include

build/tests/compile_kernels: $(CUDA_TEST_SRC:%.c=build/obj/%.o) build/host/onnx.pb-c.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(HOST_LIBS)

build/venv-nvrtc/.nvrtc:
	$(call say,PIP,$(NVRTC_PACKAGE))
	$(Q)python3 -m venv build/venv-nvrtc && build/venv-nvrtc/bin/pip install -q $(NVRTC_PACKAGE)
	$(Q)ls build/venv-nvrtc/lib/python3*/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12 >$@

# Stand-ins for the driver, found before another of its name, and for NVRTC.
build/tests/fake/libcuda.so.1: tests/cuda/fake_cuda.cpp tests/cuda/fake_threads.h host/engine/cuda_api.h
	$(call say,CXX,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O1 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror -I. -shared -o $@ $<

build/tests/fake/libnvrtc.so: tests/cuda/fake_nvrtc.cpp host/engine/cuda_api.h
	$(call say,CXX,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O1 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror -I. -shared -o $@ $<

# And for cuBLAS and NVML.
build/tests/fake/libcublas.so.12: tests/cuda/fake_cublas.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(C_FLAGS)) -shared -o $@ $< -lm

build/tests/fake/libnvidia-ml.so.1: tests/cuda/fake_nvml.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(C_FLAGS)) -shared -o $@ $<

FAKES := $(addprefix build/tests/fake/,libcuda.so.1 libnvrtc.so libcublas.so.12 libnvidia-ml.so.1)
# Programs and the command with the stand-ins in the place of the libraries.
with_fakes = LD_LIBRARY_PATH=build/tests/fake SYSTOLE_NVRTC=build/tests/fake/libnvrtc.so SYSTOLE_CUBLAS=build/tests/fake/libcublas.so.12 \
    SYSTOLE_FAKE_FOLDER=build/tests/fake/kernels CXX=$(CXX) \
    XDG_CACHE_HOME=$(CURDIR)/build/tests/fake/kernels

.PHONY: test-cuda test-cuda-fakes cuda-kernels
test-cuda: cuda-kernels test-cuda-fakes

# Both are part of `make test`. Without the package index the first is skipped, which is said and counted.
TEST_CHECKS += cuda-kernels test-cuda-fakes
cuda-kernels: build/tests/compile_kernels
	$(Q)if ! $(MAKE) build/venv-nvrtc/.nvrtc; then echo 'SKIP: $(NVRTC_PACKAGE) cannot be installed'; \
	    echo 'cuda-kernels: 0 passed, 0 failed, 1 skipped'; else SYSTOLE_NVRTC=$$(cat build/venv-nvrtc/.nvrtc) build/tests/compile_kernels; fi

test-cuda-fakes: build/systole build/tests/test_host_cuda build/tests/test_host_cublas build/tests/test_host_energy $(FAKES) $(NETWORKS)
	$(Q)rm -rf build/tests/fake/kernels && mkdir -p build/tests/fake/kernels
	$(Q)$(with_fakes) build/tests/test_host_cuda
	$(Q)$(with_fakes) build/tests/test_host_cublas
	$(Q)$(with_fakes) build/tests/test_host_energy
	$(Q)$(with_fakes) build/systole compare build/examples/transformer.onnx --quiet --devices cpu,cublas:0 --isolated
