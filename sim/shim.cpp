// SPDX-License-Identifier: Apache-2.0
//
// The clock. Two facts make one evaluation a cycle enough:
//
// - Every output of systole_core is a function of registers, never of an input in the same cycle. So the outputs after a
//   clock edge stand until the next edge whatever the inputs do, and the memory can compute its answer from them.
// - eval() first settles what depends on inputs, with their new values, and only then takes the edge. So new inputs need no
//   evaluation of their own while the clock is low.
//
// A cycle is therefore: the memory looks at the wires (memory_edge), the model takes the same edge (eval), the memory drives
// its wires (memory_drive). An evaluation with the clock low would do nothing but let Verilator note the level, which we note
// for it where the build found the variable (SHIM_CLOCK_LEVEL); otherwise it is done.
//
// Of an evaluation's own time a good part is Verilator's search for what changed, which in every cycle is the same; where the build
// found the variables and functions (SHIM_TRIGGERS) it is done once.
//
// SHIM_CHECK_PATHS evaluates with the clock low and the next inputs, and then with the handshake inputs inverted, and fails
// the model when an output follows: that is the first of the two facts, checked.

#include "shim.h"

#include <atomic>
#include <cfenv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#ifdef SYSTOLE_FAULTS
#include "fault.h"
#endif
#include "array_body.h"  // beside the import's own declaration: the compiler holds them together
#include "Vsystole_core.h"
#include "Vsystole_core___024root.h"
#include "Vsystole_core__Dpi.h"
#include "verilated.h"
#include "verilated_dpi.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif
#if VM_COVERAGE
#include <unistd.h>

#include "verilated_cov.h"
#endif

#ifdef SHIM_TRIGGERS
// The parts of Verilator's eval().
void Vsystole_core___024root___eval_triggers__ico(Vsystole_core___024root *);
void Vsystole_core___024root___eval_ico(Vsystole_core___024root *);
void Vsystole_core___024root___eval_triggers__act(Vsystole_core___024root *);
void Vsystole_core___024root___eval_act(Vsystole_core___024root *);
void Vsystole_core___024root___eval_nba(Vsystole_core___024root *);
#endif

// Member order: the top goes before the context it lives in.
struct shim {
    VerilatedContext context;
    Vsystole_core top{&context, "TOP"};
    struct memory *mem = nullptr;
    struct shim_ports ports = {};
    uint64_t cycles = 0;
    bool failed = false;
    char failure[240] = "";
    struct shim_watch watch = {};
    void (*edge)(void *) = nullptr;
    void *edge_user = nullptr;
    void (*before)(void *) = nullptr;
    void *before_user = nullptr;
    std::string scope_name;  // of the instance that was asked for last
    svScope scope = nullptr;
    std::string coverage;
    const struct fault *fault = nullptr;
#ifdef SHIM_TRIGGERS
    decltype(Vsystole_core___024root::__VicoTriggered) inputs;  // what Verilator finds triggered at each edge
    decltype(Vsystole_core___024root::__VactTriggered) edge_of_clock;
#endif
#if VM_TRACE
    std::unique_ptr<VerilatedFstC> wave;
    uint64_t wave_from = 0, wave_to = 0;
#endif
};

namespace {

// The model that runs in this thread: the simulator's callbacks have no argument of ours.
thread_local struct shim *current = nullptr;

struct fatal {};

void enter(struct shim *s) {
    current = s;
    Verilated::threadContextp(&s->context);
#ifdef SYSTOLE_FAULTS
    fault_use(s->fault, &s->cycles);
#endif
}

void note_failure(struct shim *s, const char *text) {
    if (!s || s->failed) return;
    s->failed = true;
    std::snprintf(s->failure, sizeof(s->failure), "%s", text);
    s->failure[std::strcspn(s->failure, "\n")] = '\0';
    std::fprintf(stderr, "systole sim: cycle %llu: %s\n", static_cast<unsigned long long>(s->cycles), s->failure);
}

template <typename T>
const void *bytes_of(const T &wire) {
    return static_cast<const void *>(&wire);
}

template <typename T>
void *bytes_of(T &wire) {
    return static_cast<void *>(&wire);
}

void bind(struct shim *s) {
    Vsystole_core &t = s->top;
    struct memory_port &m = s->ports.mem;
    m.bytes = sizeof(t.m_r_data_i);
    m.ar_valid = &t.m_ar_valid_o, m.ar_ready = &t.m_ar_ready_i, m.ar_id = &t.m_ar_id_o;
    m.ar_addr = &t.m_ar_addr_o, m.ar_len = &t.m_ar_len_o;
    m.r_valid = &t.m_r_valid_i, m.r_ready = &t.m_r_ready_o, m.r_id = &t.m_r_id_i;
    m.r_data = bytes_of(t.m_r_data_i), m.r_resp = &t.m_r_resp_i, m.r_last = &t.m_r_last_i;
    m.aw_valid = &t.m_aw_valid_o, m.aw_ready = &t.m_aw_ready_i, m.aw_addr = &t.m_aw_addr_o, m.aw_len = &t.m_aw_len_o;
    m.w_valid = &t.m_w_valid_o, m.w_ready = &t.m_w_ready_i, m.w_data = bytes_of(t.m_w_data_o);
    m.w_strb = bytes_of(t.m_w_strb_o), m.w_last = &t.m_w_last_o;
    m.b_valid = &t.m_b_valid_i, m.b_ready = &t.m_b_ready_o, m.b_resp = &t.m_b_resp_i;
    struct shim_ports &p = s->ports;
    p.irq = &t.irq_o, p.busy = &t.busy_o;
    p.aw_valid = &t.s_aw_valid_i, p.aw_ready = &t.s_aw_ready_o, p.aw_addr = &t.s_aw_addr_i;
    p.w_valid = &t.s_w_valid_i, p.w_ready = &t.s_w_ready_o, p.w_data = &t.s_w_data_i, p.w_strb = &t.s_w_strb_i;
    p.b_valid = &t.s_b_valid_o, p.b_ready = &t.s_b_ready_i, p.b_resp = &t.s_b_resp_o;
    p.ar_valid = &t.s_ar_valid_i, p.ar_ready = &t.s_ar_ready_o, p.ar_addr = &t.s_ar_addr_i;
    p.r_valid = &t.s_r_valid_o, p.r_ready = &t.s_r_ready_i, p.r_data = &t.s_r_data_o, p.r_resp = &t.s_r_resp_o;
}

#if SHIM_CHECK_PATHS
// All outputs in one number, near enough: that of two samples a wire apart differ.
uint64_t sample(const struct shim_ports &p) {
    const struct memory_port &m = p.mem;
    uint64_t h = *m.ar_valid | *m.r_ready << 1 | *m.aw_valid << 2 | *m.w_valid << 3 | *m.b_ready << 4 | *m.w_last << 5 |
                 *m.ar_id << 6 | *m.ar_len << 8 | *m.aw_len << 16 | *p.irq << 24 | *p.busy << 25 | *p.aw_ready << 26 |
                 *p.w_ready << 27 | *p.b_valid << 28 | *p.ar_ready << 29 | *p.r_valid << 30;
    h = h * 31 + *p.b_resp * 4u + *p.r_resp;
    h = h * 0x9e3779b97f4a7c15u ^ *p.r_data;
    h = h * 0x9e3779b97f4a7c15u ^ *m.ar_addr;
    h = h * 0x9e3779b97f4a7c15u ^ *m.aw_addr;
    uint64_t word = 0;
    std::memcpy(&word, m.w_strb, m.bytes / 8);
    h = h * 0x9e3779b97f4a7c15u ^ word;
    for (uint32_t i = 0; i < m.bytes; i += 8) {
        std::memcpy(&word, static_cast<const uint8_t *>(m.w_data) + i, 8);
        h = h * 0x9e3779b97f4a7c15u ^ word;
    }
    return h;
}

void toggle_inputs(const struct shim_ports &p) {
    for (uint8_t *wire : {p.mem.ar_ready, p.mem.r_valid, p.mem.r_id, p.mem.r_last, p.mem.aw_ready, p.mem.w_ready,
                          p.mem.b_valid, p.aw_valid, p.w_valid, p.b_ready, p.ar_valid, p.r_ready})
        *wire ^= 1;
    for (uint8_t *wire : {p.mem.r_resp, p.mem.b_resp}) *wire ^= 3;
}

void check_paths(struct shim *s) {
    uint64_t before = sample(s->ports);
    s->top.eval();
    uint64_t settled = sample(s->ports);
    uint64_t toggled = settled;
    if (s->cycles % 16 == 0) {
        toggle_inputs(s->ports);
        s->top.eval();
        toggled = sample(s->ports);
        toggle_inputs(s->ports);
        s->top.eval();
    }
    if (before != settled || settled != toggled)
        note_failure(s, "an output of systole_core depends on an input in the same cycle");
}
#endif

#if VM_TRACE
void dump(struct shim *s, unsigned half) {
    if (s->wave && s->cycles >= s->wave_from && s->cycles < s->wave_to) s->wave->dump(2 * s->cycles + half);
}
#endif

#ifdef SHIM_TRIGGERS
// What eval() looks for, twice each time around its loops, and finds in every cycle alike: the inputs may have changed, and of the
// clocks the one. It is asked once, with the clock about to rise.
void learn_triggers(struct shim *s) {
    Vsystole_core___024root *root = s->top.rootp;
    root->__VicoIterCount = 0;
    Vsystole_core___024root___eval_triggers__ico(root);
    s->inputs = root->__VicoTriggered;
    s->top.clk_i = 1;
    Vsystole_core___024root___eval_triggers__act(root);
    s->edge_of_clock = root->__VactTriggered;
    s->top.clk_i = 0;
    root->SHIM_CLOCK_LEVEL = 0;
}

// eval() with that known. A memory that was poked since is a further trigger: then eval() itself.
inline void evaluate(struct shim *s) {
    Vsystole_core___024root *root = s->top.rootp;
    if (root->__Vdpi_export_trigger) {
        s->top.eval();
        return;
    }
    root->__VicoTriggered = s->inputs;
    Vsystole_core___024root___eval_ico(root);
    root->__VactTriggered = s->edge_of_clock;
    Vsystole_core___024root___eval_act(root);
    root->__VnbaTriggered = s->edge_of_clock;
    Vsystole_core___024root___eval_nba(root);
}
#else
void learn_triggers(struct shim *) {}
inline void evaluate(struct shim *s) { s->top.eval(); }
#endif

// One rising edge of the clock, with the inputs as they stand; leaves what the next one needs.
inline void rise(struct shim *s) {
    s->top.clk_i = 1;
#ifdef SHIM_CLOCK_LEVEL
    s->top.rootp->SHIM_CLOCK_LEVEL = 0;
#endif
    evaluate(s);
#if VM_TRACE
    dump(s, 0);
#endif
    s->context.timeInc(1);
}

inline void fall(struct shim *s) {
#if !defined(SHIM_CLOCK_LEVEL) || SHIM_CHECK_PATHS || VM_TRACE
    s->top.clk_i = 0;
#if SHIM_CHECK_PATHS
    check_paths(s);
#else
    s->top.eval();
#endif
#if VM_TRACE
    dump(s, 1);
#endif
#else
    (void)s;
#endif
}

// Words of one memory are asked for one after the other: the instance of the last is remembered.
int enter_scope(struct shim *s, const char *instance) {
    enter(s);
    if (!s->scope || s->scope_name != instance) {
        s->scope = svGetScopeFromName((std::string("TOP.systole_core.") + instance).c_str());
        s->scope_name = instance;
    }
    if (!s->scope) return -1;
    svSetScope(s->scope);
    return 0;
}

}  // namespace

// The simulator's own callbacks: messages and failures end in the model that runs, and nothing exits or aborts.

int shim_printf(const char *format, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, format);
    int n = std::vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (std::strstr(text, "%Error") || std::strstr(text, "%Fatal"))
        note_failure(current, text);
    else
        std::fputs(text, stderr);
    return n;
}

void vl_stop(const char *file, int line, const char *) {
    char text[200];
    std::snprintf(text, sizeof(text), "%s:%d: stopped", file ? file : "", line);
    note_failure(current, text);
}

void vl_finish(const char *file, int line, const char *hier) { vl_stop(file, line, hier); }

void vl_fatal(const char *file, int line, const char *, const char *what) {
    char text[200];
    std::snprintf(text, sizeof(text), "%s:%d: %s", file ? file : "", line, what ? what : "fatal");
    note_failure(current, text);
    throw fatal();  // the evaluation cannot go on; shim_run catches it
}

struct shim *shim_create(void) {
    struct shim *s = new (std::nothrow) shim;
    if (!s) return nullptr;
    bind(s);
    enter(s);
#if VM_TRACE
    s->context.traceEverOn(true);
#endif
#if VM_COVERAGE
    // Tests that know nothing of coverage: every model leaves a file of its own in this folder.
    static std::atomic<unsigned> models{0};
    if (const char *folder = std::getenv("SYSTOLE_COVERAGE"))
        s->coverage = std::string(folder) + "/" + std::to_string(getpid()) + "." + std::to_string(models++);
#endif
    s->top.rst_ni = 0;
    s->top.clk_i = 0;
    s->top.eval();
    for (int i = 0; i < 4; i++) {
        s->top.clk_i = 1;
        s->top.eval();
        s->top.clk_i = 0;
        s->top.eval();
    }
    s->top.rst_ni = 1;
    s->top.eval();
    learn_triggers(s);
    return s;
}

void shim_connect(struct shim *s, struct memory *mem) { s->mem = mem; }

void shim_destroy(struct shim *s) {
    if (!s) return;
    enter(s);
#if VM_TRACE
    if (s->wave) s->wave->close();
#endif
#if VM_COVERAGE
    if (!s->coverage.empty()) s->context.coveragep()->write(s->coverage.c_str());
#endif
    s->top.final();
    current = nullptr;
    delete s;
}

const struct shim_ports *shim_ports(struct shim *s) { return &s->ports; }

// The array's body in C computes with the CPU's floating point: whatever the caller has chosen (rounding, subnormals flushed) is
// put aside while the model runs.
struct default_arithmetic {
    std::fenv_t caller;
    default_arithmetic() {
        std::fegetenv(&caller);
        std::fesetenv(FE_DFL_ENV);
    }
    ~default_arithmetic() { std::fesetenv(&caller); }
};

uint64_t shim_run(struct shim *s, uint64_t cycles, bool until_idle) {
    default_arithmetic standard;
    enter(s);
    struct memory *mem = s->mem;
    uint64_t start = s->cycles;
    uint64_t end = cycles > UINT64_MAX - start ? UINT64_MAX : start + cycles;
    try {
        while (s->cycles < end && !s->failed) {
            if (s->before) s->before(s->before_user);
            memory_edge(mem);
            rise(s);
            memory_drive(mem);
            fall(s);
            s->cycles++;
            if (s->edge) s->edge(s->edge_user);
            if (until_idle && !s->top.busy_o) break;
        }
    } catch (const fatal &) {
    }
    return s->cycles - start;
}

uint64_t shim_cycles(const struct shim *s) { return s->cycles; }

// The names are public by events.vlt.
#define QUEUE(n, part) &r.systole_core__DOT__gen_queue__BRA__##n##__KET____DOT__u_queue__DOT__u_##part##__DOT__rd_q
const struct shim_watch *shim_watch(struct shim *s, void (*edge)(void *), void *user) {
    const Vsystole_core___024root &r = *s->top.rootp;
    s->watch = {&r.systole_core__DOT__u_decode__DOT__index_o, &r.systole_core__DOT__u_decode__DOT__insn_q[0],
                &r.systole_core__DOT__u_decode__DOT__out_queue_o,
                {QUEUE(0, waiting), QUEUE(1, waiting), QUEUE(2, waiting)},
                {QUEUE(0, running), QUEUE(1, running), QUEUE(2, running)},
                &r.systole_core__DOT__u_counters__DOT__count[0]};
    s->edge = edge;
    s->edge_user = user;
    return &s->watch;
}
#undef QUEUE

void shim_before(struct shim *s, void (*before)(void *user), void *user) {
    s->before = before;
    s->before_user = user;
}

#ifdef SYSTOLE_FAULTS
#define FAULT_FEATURE SHIM_FAULTS
#else
#define FAULT_FEATURE 0
#endif
unsigned shim_features(void) { return (VM_TRACE ? SHIM_TRACE : 0) | (VM_COVERAGE ? SHIM_COVERAGE : 0) | FAULT_FEATURE; }

int shim_fault(struct shim *s, const struct fault *f) {
    s->fault = f;
    return FAULT_FEATURE ? 0 : -1;
}

int shim_trace(struct shim *s, const char *file, uint64_t from, uint64_t to) {
#if VM_TRACE
    s->wave = std::make_unique<VerilatedFstC>();
    s->top.trace(s->wave.get(), 99);
    s->wave->open(file);
    s->wave_from = from;
    s->wave_to = to;
    return s->wave->isOpen() ? 0 : -1;
#else
    (void)s, (void)file, (void)from, (void)to;
    return -1;
#endif
}

int shim_coverage(struct shim *s, const char *file) {
    s->coverage = file;
    return VM_COVERAGE ? 0 : -1;
}

const char *shim_failure(const struct shim *s) { return s->failure; }

void shim_fail(struct shim *s, const char *why) { note_failure(s, why); }

int shim_ram_peek(struct shim *s, const char *instance, uint32_t addr, uint32_t word32, uint32_t *value) {
    if (enter_scope(s, instance) != 0) return -1;
    *value = static_cast<uint32_t>(systole_ram_peek(static_cast<int>(addr), static_cast<int>(word32)));
    return 0;
}

int shim_ram_poke(struct shim *s, const char *instance, uint32_t addr, uint32_t word32, uint32_t value) {
    if (enter_scope(s, instance) != 0) return -1;
    systole_ram_poke(static_cast<int>(addr), static_cast<int>(word32), static_cast<int>(value));
    return 0;
}

int shim_lut_peek(struct shim *s, const char *instance, uint32_t index, uint8_t *value) {
    if (enter_scope(s, instance) != 0) return -1;
    *value = static_cast<uint8_t>(systole_lut_peek(static_cast<int>(index)));
    return 0;
}

int shim_lut_poke(struct shim *s, const char *instance, uint32_t index, uint8_t value) {
    if (enter_scope(s, instance) != 0) return -1;
    systole_lut_poke(static_cast<int>(index), value);
    return 0;
}

int shim_ram_flip(struct shim *s, const char *instance, uint32_t addr, uint32_t byte, unsigned bit) {
    if (enter_scope(s, instance) != 0) return -1;
    return systole_ram_flip(static_cast<int>(addr), static_cast<int>(byte), static_cast<int>(bit));
}

int shim_lut_flip(struct shim *s, const char *instance, uint32_t index, unsigned bit) {
    if (enter_scope(s, instance) != 0) return -1;
    return systole_lut_flip(static_cast<int>(index), static_cast<int>(bit));
}
