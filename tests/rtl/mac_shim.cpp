// SPDX-License-Identifier: Apache-2.0
#include "mac_shim.h"

#include "Vsystole_fp_bench.h"
#include "verilated.h"

struct mac_model {
    VerilatedContext context;
    Vsystole_fp_bench top{&context};
};

extern "C" struct mac_model *mac_model_new(struct mac_ports *ports) {
    auto *m = new mac_model;
    ports->mac_a = m->top.mac_a_i.data();
    ports->mac_b = m->top.mac_b_i.data();
    ports->mac_c = m->top.mac_c_i.data();
    ports->mac = m->top.mac_o.data();
    ports->a = m->top.a_i.data();
    ports->b = m->top.b_i.data();
    ports->add = m->top.add_o.data();
    ports->mul = m->top.mul_o.data();
    ports->from_int = m->top.from_int_o.data();
    ports->bf16 = m->top.bf16_o.data();
    ports->split[0] = m->top.split_h_o.data();
    ports->split[1] = m->top.split_m_o.data();
    ports->split[2] = m->top.split_l_o.data();
    ports->to_int = m->top.to_int_o.data();
    ports->less = &m->top.less_o;
    ports->is_nan = &m->top.is_nan_o;
    return m;
}

extern "C" void mac_model_eval(struct mac_model *m) { m->top.eval(); }

extern "C" void mac_model_free(struct mac_model *m) { delete m; }
