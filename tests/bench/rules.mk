# SPDX-License-Identifier: Apache-2.0
# The host's exact engines beside OpenBLAS, oneDNN and CLBlast: packages that nothing else here needs.

BENCH_CPU_LIBRARIES := libopenblas.so.0:libopenblas0-pthread libdnnl.so.2:libdnnl2 libclblast.so.1:libclblast1 \
    libOpenCL.so.1:ocl-icd-libopencl1 libpocl.so.2:pocl-opencl-icd
ROUNDS ?= 7
THREADS ?= 1

help::
	@echo 'make bench-cpu     cpu and opencl:0 beside OpenBLAS, oneDNN and CLBlast, which it installs; ROUNDS=7 THREADS=1'

.PHONY: bench-cpu
bench-cpu: build/tests/bench_cpu
	@set -e; need=; for l in $(BENCH_CPU_LIBRARIES); do ldconfig -p | grep -qF "$${l%%:*}" || need="$$need $${l#*:}"; done; \
	if test -n "$$need"; then echo "bench-cpu: installing$$need"; sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends $$need; fi
	$(Q)mkdir -p build/report
	$(Q)OMP_NUM_THREADS=$(THREADS) OPENBLAS_NUM_THREADS=$(THREADS) \
	    build/tests/bench_cpu --report build/report/bench-cpu.json --rounds $(ROUNDS) --threads $(THREADS)

build/obj/tests/bench/bench_c%.o: C_FLAGS += -Ihost/include
BENCH_CPU_SRC := tests/bench/bench_cpu.c tests/bench/bench_clblast.c $(HOST_SRC) $(DRIVER_SRC)
build/tests/bench_cpu: $(BENCH_CPU_SRC:%.c=build/obj/%.o) build/host/onnx.pb-c.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(HOST_LIBS)
