// SPDX-License-Identifier: Apache-2.0
//
// sim/shim.h over CXXRTL instead of Verilator: the same core, read by another front end (Yosys through slang) and run by
// another simulator, so that what the two agree on is what the RTL says and not what one of them makes of it. It is C++
// because CXXRTL's models are; everything else of the library (memory, registers, options) is the C that the Verilated one
// has. Slow, without waves and coverage: for `make test-cxxrtl`.
//
// A cycle is sim/shim.cpp's: the memory looks at the wires (memory_edge), the model takes the same edge, the memory drives its
// wires (memory_drive). A step with the clock low goes before each edge, so that what depends on inputs has settled.

#include <cstdio>
#include <new>
#include <string>

#include <cxxrtl/cxxrtl.h>

// In a namespace, and before shim.h: it takes all names of CXXRTL, of which `memory` is one of ours too.
namespace rtl {
#include "core.cc"
}

#include "shim.h"

namespace {

using model = rtl::cxxrtl_design::p_systole__core;

// The wires in the types that shim.h has; CXXRTL's are of 32-bit chunks.
struct wires {
    uint8_t ar_ready, r_valid, r_id, r_resp, r_last, aw_ready, w_ready, b_valid, b_resp;
    uint8_t s_aw_valid, s_w_valid, s_w_strb, s_b_ready, s_ar_valid, s_r_ready;
    uint16_t s_aw_addr, s_ar_addr;
    uint32_t s_w_data;

    uint8_t ar_valid, ar_id, ar_len, r_ready, aw_valid, aw_len, w_valid, w_last, b_ready;
    uint8_t irq, busy, s_aw_ready, s_w_ready, s_b_valid, s_b_resp, s_ar_ready, s_r_valid, s_r_resp;
    uint32_t s_r_data;
    uint64_t ar_addr, aw_addr, w_strb;
    uint64_t r_data[MEMORY_MAX_BEAT / 8], w_data[MEMORY_MAX_BEAT / 8];
};

// Assertions end in the model's failure; nothing exits or aborts.
struct checker : cxxrtl::performer {
    struct shim *owner = nullptr;
    void on_print(const cxxrtl::lazy_fmt &formatter, const cxxrtl::metadata_map &) override;
    void on_check(cxxrtl::flavor type, bool condition, const cxxrtl::lazy_fmt &formatter,
                  const cxxrtl::metadata_map &attributes) override;
};

}  // namespace

struct shim {
    model top;
    struct wires w = {};
    struct memory *mem = nullptr;
    struct shim_ports ports = {};
    struct checker checks;
    cxxrtl::debug_items items;
    uint64_t cycles = 0;
    void (*before)(void *) = nullptr;
    void *before_user = nullptr;
    bool failed = false;
    char failure[240] = "";
};

namespace {

void note_failure(struct shim *s, const std::string &text) {
    if (s->failed) return;
    s->failed = true;
    std::snprintf(s->failure, sizeof(s->failure), "%s", text.c_str());
    std::fprintf(stderr, "systole cxxrtl: cycle %llu: %s\n", static_cast<unsigned long long>(s->cycles), s->failure);
}

void checker::on_print(const cxxrtl::lazy_fmt &formatter, const cxxrtl::metadata_map &) {
    std::fputs(formatter().c_str(), stderr);
}

void checker::on_check(cxxrtl::flavor type, bool condition, const cxxrtl::lazy_fmt &,
                       const cxxrtl::metadata_map &attributes) {
    if (condition || (type != cxxrtl::flavor::ASSERT && type != cxxrtl::flavor::ASSUME)) return;
    auto src = attributes.find("src");
    note_failure(owner, (src == attributes.end() ? std::string() : src->second.as_string() + ": ") + "assertion failed");
}

void bind(struct shim *s) {
    struct wires &w = s->w;
    struct memory_port &m = s->ports.mem;
    m.bytes = sizeof(s->top.p_m__r__data__i.data);
    m.ar_valid = &w.ar_valid, m.ar_ready = &w.ar_ready, m.ar_id = &w.ar_id, m.ar_addr = &w.ar_addr, m.ar_len = &w.ar_len;
    m.r_valid = &w.r_valid, m.r_ready = &w.r_ready, m.r_id = &w.r_id, m.r_data = w.r_data;
    m.r_resp = &w.r_resp, m.r_last = &w.r_last;
    m.aw_valid = &w.aw_valid, m.aw_ready = &w.aw_ready, m.aw_addr = &w.aw_addr, m.aw_len = &w.aw_len;
    m.w_valid = &w.w_valid, m.w_ready = &w.w_ready, m.w_data = w.w_data, m.w_strb = &w.w_strb, m.w_last = &w.w_last;
    m.b_valid = &w.b_valid, m.b_ready = &w.b_ready, m.b_resp = &w.b_resp;
    struct shim_ports &p = s->ports;
    p.irq = &w.irq, p.busy = &w.busy;
    p.aw_valid = &w.s_aw_valid, p.aw_ready = &w.s_aw_ready, p.aw_addr = &w.s_aw_addr;
    p.w_valid = &w.s_w_valid, p.w_ready = &w.s_w_ready, p.w_data = &w.s_w_data, p.w_strb = &w.s_w_strb;
    p.b_valid = &w.s_b_valid, p.b_ready = &w.s_b_ready, p.b_resp = &w.s_b_resp;
    p.ar_valid = &w.s_ar_valid, p.ar_ready = &w.s_ar_ready, p.ar_addr = &w.s_ar_addr;
    p.r_valid = &w.s_r_valid, p.r_ready = &w.s_r_ready, p.r_data = &w.s_r_data, p.r_resp = &w.s_r_resp;
}

// A wire is a value of as many chunks as it needs, the lowest first.
template <typename From, size_t Bits>
void put(cxxrtl::value<Bits> &wire, From from) {
    const uint64_t v = from & (Bits < 64 ? (uint64_t{1} << (Bits % 64)) - 1 : ~uint64_t{0});
    for (size_t i = 0; i < wire.chunks; i++) wire.data[i] = static_cast<cxxrtl::chunk_t>(v >> (32 * i));
}

template <typename To, size_t Bits>
void get(const cxxrtl::value<Bits> &wire, To &to) {
    uint64_t v = 0;
    for (size_t i = 0; i < wire.chunks; i++) v |= static_cast<uint64_t>(wire.data[i]) << (32 * i);
    to = static_cast<To>(v);
}

void put_inputs(struct shim *s) {
    model &t = s->top;
    const struct wires &w = s->w;
    put(t.p_m__ar__ready__i, w.ar_ready), put(t.p_m__r__valid__i, w.r_valid), put(t.p_m__r__id__i, w.r_id);
    put(t.p_m__r__resp__i, w.r_resp), put(t.p_m__r__last__i, w.r_last);
    put(t.p_m__aw__ready__i, w.aw_ready), put(t.p_m__w__ready__i, w.w_ready);
    put(t.p_m__b__valid__i, w.b_valid), put(t.p_m__b__resp__i, w.b_resp);
    put(t.p_s__aw__valid__i, w.s_aw_valid), put(t.p_s__aw__addr__i, w.s_aw_addr);
    put(t.p_s__w__valid__i, w.s_w_valid), put(t.p_s__w__data__i, w.s_w_data), put(t.p_s__w__strb__i, w.s_w_strb);
    put(t.p_s__b__ready__i, w.s_b_ready), put(t.p_s__ar__valid__i, w.s_ar_valid), put(t.p_s__ar__addr__i, w.s_ar_addr);
    put(t.p_s__r__ready__i, w.s_r_ready);
    for (size_t i = 0; i < t.p_m__r__data__i.chunks; i++)
        t.p_m__r__data__i.data[i] = static_cast<cxxrtl::chunk_t>(w.r_data[i / 2] >> (32 * (i % 2)));
}

void get_outputs(struct shim *s) {
    const model &t = s->top;
    struct wires &w = s->w;
    get(t.p_m__ar__valid__o, w.ar_valid), get(t.p_m__ar__id__o, w.ar_id), get(t.p_m__ar__addr__o, w.ar_addr);
    get(t.p_m__ar__len__o, w.ar_len), get(t.p_m__r__ready__o, w.r_ready);
    get(t.p_m__aw__valid__o, w.aw_valid), get(t.p_m__aw__addr__o, w.aw_addr), get(t.p_m__aw__len__o, w.aw_len);
    get(t.p_m__w__valid__o, w.w_valid), get(t.p_m__w__strb__o, w.w_strb), get(t.p_m__w__last__o, w.w_last);
    get(t.p_m__b__ready__o, w.b_ready), get(t.p_irq__o, w.irq), get(t.p_busy__o, w.busy);
    get(t.p_s__aw__ready__o, w.s_aw_ready), get(t.p_s__w__ready__o, w.s_w_ready);
    get(t.p_s__b__valid__o, w.s_b_valid), get(t.p_s__b__resp__o, w.s_b_resp);
    get(t.p_s__ar__ready__o, w.s_ar_ready), get(t.p_s__r__valid__o, w.s_r_valid);
    get(t.p_s__r__data__o, w.s_r_data), get(t.p_s__r__resp__o, w.s_r_resp);
    for (size_t i = 0; i < t.p_m__w__data__o.chunks; i++) {
        const unsigned shift = 32 * (i % 2);
        w.w_data[i / 2] = (w.w_data[i / 2] & ~(uint64_t{0xffffffff} << shift)) |
                          static_cast<uint64_t>(t.p_m__w__data__o.data[i]) << shift;
    }
}

void rise(struct shim *s) {
    put_inputs(s);
    s->top.p_clk__i.set(false);
    s->top.step(&s->checks);
    s->top.p_clk__i.set(true);
    s->top.step(&s->checks);
    get_outputs(s);
}

// A memory of the model by the name it has in the RTL.
const cxxrtl::debug_item *find_memory(struct shim *s, const char *instance, const char *name, uint32_t index) {
    std::string path = std::string(instance) + "." + name;
    for (char &c : path) c = c == '.' ? ' ' : c;
    auto found = s->items.table.find(path);
    if (found == s->items.table.end() || found->second.size() != 1) return nullptr;
    const cxxrtl::debug_item &item = found->second[0];
    return item.type == cxxrtl::debug_item::MEMORY && index < item.depth ? &item : nullptr;
}

// 32 bits of one of its words; null when there is no such place.
uint32_t *find_chunk(struct shim *s, const char *instance, uint32_t addr, uint32_t word32) {
    const cxxrtl::debug_item *item = find_memory(s, instance, "mem", addr);
    return item && word32 < item->width / 32 ? &item->curr[addr * (item->width / 32) + word32] : nullptr;
}

}  // namespace

struct shim *shim_create(void) {
    struct shim *s = new (std::nothrow) shim;
    if (!s) return nullptr;
    s->checks.owner = s;
    bind(s);
    s->top.debug_info(&s->items, nullptr, "");
    s->top.p_rst__ni.set(false);
    for (int i = 0; i < 4; i++) rise(s);
    s->top.p_rst__ni.set(true);
    return s;
}

void shim_connect(struct shim *s, struct memory *mem) { s->mem = mem; }

void shim_destroy(struct shim *s) { delete s; }

const struct shim_ports *shim_ports(struct shim *s) { return &s->ports; }

uint64_t shim_run(struct shim *s, uint64_t cycles, bool until_idle) {
    uint64_t start = s->cycles;
    uint64_t end = cycles > UINT64_MAX - start ? UINT64_MAX : start + cycles;
    while (s->cycles < end && !s->failed) {
        if (s->before) s->before(s->before_user);
        memory_edge(s->mem);
        rise(s);
        memory_drive(s->mem);
        s->cycles++;
        if (until_idle && !s->w.busy) break;
    }
    return s->cycles - start;
}

uint64_t shim_cycles(const struct shim *s) { return s->cycles; }

const struct shim_watch *shim_watch(struct shim *, void (*)(void *), void *) { return nullptr; }

void shim_before(struct shim *s, void (*before)(void *user), void *user) {
    s->before = before;
    s->before_user = user;
}

unsigned shim_features(void) { return 0; }

int shim_fault(struct shim *, const struct fault *) { return -1; }

int shim_trace(struct shim *, const char *, uint64_t, uint64_t) { return -1; }

int shim_coverage(struct shim *, const char *) { return -1; }

const char *shim_failure(const struct shim *s) { return s->failure; }

void shim_fail(struct shim *s, const char *why) { note_failure(s, why); }

int shim_ram_peek(struct shim *s, const char *instance, uint32_t addr, uint32_t word32, uint32_t *value) {
    const uint32_t *at = find_chunk(s, instance, addr, word32);
    if (at) *value = *at;
    return at ? 0 : -1;
}

int shim_ram_poke(struct shim *s, const char *instance, uint32_t addr, uint32_t word32, uint32_t value) {
    uint32_t *at = find_chunk(s, instance, addr, word32);
    if (at) *at = value;
    return at ? 0 : -1;
}

int shim_lut_peek(struct shim *s, const char *instance, uint32_t index, uint8_t *value) {
    const cxxrtl::debug_item *item = find_memory(s, instance, "bytes", 0);
    if (!item || index >= item->width / 8) return -1;
    *value = static_cast<uint8_t>(item->curr[index / 4] >> (8 * (index % 4)));
    return 0;
}

int shim_lut_poke(struct shim *s, const char *instance, uint32_t index, uint8_t value) {
    const cxxrtl::debug_item *item = find_memory(s, instance, "bytes", 0);
    if (!item || index >= item->width / 8) return -1;
    const unsigned shift = 8 * (index % 4);
    item->curr[index / 4] = (item->curr[index / 4] & ~(uint32_t{0xff} << shift)) | static_cast<uint32_t>(value) << shift;
    return 0;
}

// Nothing flips bits in this simulator.
int shim_ram_flip(struct shim *, const char *, uint32_t, uint32_t, unsigned) { return -1; }

int shim_lut_flip(struct shim *, const char *, uint32_t, unsigned) { return -1; }
