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

# ---- How busy the array is: networks and products of published shapes, on the fast model, some of each kind on the RTL too ----

help::
	@echo 'make bench-work    networks and products of published shapes: how busy the array is, on the fast model and in part on the RTL (minutes)'

BENCH_PRODUCTS_SRC := tests/bench/bench_products.c $(PLAN_SRC) host/core/alloc.c host/core/memory_left.c $(DRIVER_SRC)
build/tests/bench_products: $(BENCH_PRODUCTS_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

# Array, least share in percent; where the RTL runs it too, its name. bf16: the fp32 networks in one pass, three points less asked for.
WORK_INT8 := resnet50@16x16@95 resnet50@32x32@88 mobilenetv1@16x16@60 mobilenetv2@16x16@60@RTL bert@16x16@97@RTL bert@32x32@93@RTL \
    alexnet@16x16@95@RTL vgg19@16x16@95 dense4096@16x16_has_fp0_weight_planes8@bus95@RTL dense4096@32x32_has_fp0@bus95 dense4096@16x16@bus95
WORK_F32 := resnet50@16x16@92 resnet50@32x32@85 mobilenetv1@16x16@57 mobilenetv2@16x16@57 bert@16x16@94@RTL bert@32x32@90 alexnet@16x16@92 \
    vgg19@16x16@92
# SET-TYPE@ARRAY@LEAST[@RTL]
WORK_PRODUCTS := gemm1024-int8@16x16@99@RTL gemm1024-int8@32x32@98@RTL gemm1024-bf16@16x16@96 gemm1024-bf16@32x32@95 forms-int8@16x16@0@RTL \
    forms-bf16@32x32@0@RTL gpt2-bf16@32x32@92 gpt2-f32@32x32@89
WORK_SIMS := '16 16' '32 32' '16 16 HAS_FP=0 WEIGHT_PLANES=8'

# Without a twin on the RTL nothing is computed. $(1): array, $(2): options, $(3): least, $(4): RTL
work_device = model:$(1)$(if $(4),,$(comma)data=0)$(2)@$(3)$(if $(4),@sim:$(1)_assert0$(2))
work_parts = $(subst @,$(space),$(1))
work_net = build/networks/$(word 1,$(3))-$(1).onnx@$(call work_device,$(word 2,$(3)),$(2),$(word 3,$(3)),$(word 4,$(3)))
work_set = $(word 1,$(1))@$(call work_device,$(word 2,$(1)),,$(word 3,$(1)),$(word 4,$(1)))
WORK_NETS = $(foreach w,$(WORK_INT8),$(call work_net,int8,,$(call work_parts,$(w)))) \
    $(foreach w,$(WORK_F32),$(call work_net,f32,$(comma)precision=x1,$(call work_parts,$(w))))
WORK_SETS = $(foreach w,$(WORK_PRODUCTS),$(call work_set,$(call work_parts,$(w))))

.PHONY: bench-work
bench-work: build/tests/bench_net build/tests/bench_products $(MODEL_LIB) \
    $(sort $(foreach w,$(WORK_INT8),build/networks/$(firstword $(subst @, ,$(w)))-int8.onnx) \
    $(foreach w,$(WORK_F32),build/networks/$(firstword $(subst @, ,$(w)))-f32.onnx))
	$(Q)set -e; for s in $(WORK_SIMS); do set -- $$s; r=$$1 c=$$2; shift 2; $(MAKE) -s sim hls ASSERT=0 ROWS=$$r COLS=$$c "$$@"; done
	$(Q)mkdir -p build/report
	$(Q)build/tests/bench_products --report build/report/bench-work-products.json $(WORK_SETS)
	$(Q)build/tests/bench_net --command 'make bench-work' --report build/report/bench-work.json $(WORK_NETS)

# ---- SCALE-Sim, from the Python package index, on its own topology ----

SIDE ?= 32
LAYERS ?= 5
SCALESIM_PACKAGES := scalesim==3.0.0 numpy<2.3

help::
	@echo 'make bench-scalesim SIDE=32 LAYERS=5  SCALE-Sim beside the RTL and the fast model: cycles and time (minutes; from the Python package index)'

BENCH_TOPOLOGY_SRC := tests/bench/bench_topology.c tests/timing/network.c $(PLAN_SRC) host/core/alloc.c host/core/memory_left.c $(DRIVER_SRC)
build/obj/tests/bench/bench_topology.o: C_FLAGS += -I.
build/tests/bench_topology: $(BENCH_TOPOLOGY_SRC:%.c=build/obj/%.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -ldl -lm

build/venv-scalesim/.packages:
	$(call say,PIP,$(SCALESIM_PACKAGES))
	$(Q)python3 -m venv build/venv-scalesim
	$(Q)build/venv-scalesim/bin/pip install -q $(foreach p,$(SCALESIM_PACKAGES),'$(p)')
	@touch $@

.PHONY: bench-scalesim
bench-scalesim: build/tests/bench_topology build/venv-scalesim/.packages $(MODEL_LIB)
	$(Q)$(MAKE) -s sim ASSERT=0 ROWS=$(SIDE) COLS=$(SIDE)
	$(Q)mkdir -p build/report
	$(Q)build/venv-scalesim/bin/python -B tests/bench/scalesim.py build/tests/bench_topology build/scalesim/$(SIDE) \
	    build/report/bench-scalesim.json $(SIDE) $(LAYERS)

# ---- The host's part of a run ----

help::
	@echo 'make bench-host    the host'"'"'s own time in a run of a compiled network, its allocations, its instructions (valgrind)'

HOST_BENCH := dense4096-int8@model:16x16,data=0@20 resnet50-int8@model:16x16,data=0@1000

build/obj/tests/bench/bench_host.o: C_FLAGS += -I.
build/tests/bench_host: build/obj/tests/bench/bench_host.o build/libsystole.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) -Lbuild -lsystole -Wl,-rpath,'$$ORIGIN/..'

.PHONY: bench-host
bench-host: build/tests/bench_host $(MODEL_LIB) $(MODEL_PLAIN_LIB) $(foreach h,$(HOST_BENCH),build/networks/$(firstword $(subst @, ,$(h))).onnx)
	$(Q)mkdir -p build/report
	$(Q)build/tests/bench_host --report build/report/bench-host.json \
	    $(foreach h,$(HOST_BENCH),build/networks/$(subst -int8@,-int8.onnx@,$(h)))
	$(Q)sh tests/bench/host_instructions.sh build/report/bench-host.json build/networks/dense4096-int8.onnx \
	    model:16x16,data=0,lib=$(MODEL_PLAIN_LIB) 40000

# ---- All of it: one row a claim, with the command that repeats it ----

BENCH_TARGETS := bench-rtl bench-net bench-work bench-sim bench-model bench-host bench-cpu bench-scalesim

help::
	@echo 'make bench         all targets that measure, then every claim with its bound and the command that repeats it (an hour)'
	@echo 'make bench-table   that table, from what was measured last'

.PHONY: bench bench-table
bench: build/systole
	$(Q)failed=; for t in $(BENCH_TARGETS); do echo "== $$t"; $(MAKE) $$t || failed="$$failed $$t"; done; $(MAKE) -s bench-table; \
	if test -n "$$failed"; then echo "wrong, or could not run:$$failed" >&2; exit 1; fi

bench-table:
	$(Q)python3 -B tests/bench/table.py $(BENCH_TARGETS:%=build/report/%.json) build/report/bench-work-products.json
