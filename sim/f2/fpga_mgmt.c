/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library in the place of the AWS FPGA SDK's libfpga_mgmt.so: the same calls, over simulated cards. SYSTOLE_F2_CARD holds
 * their options (card.h). A card begins when its slot is first attached, and keeps what it holds until the process ends.
 *
 * fpga_pci_get_address() gives an address that may be read, as the real one does: a page of it that is looked at is read from
 * the card then, whole, for the window is prefetchable; any other call may change the card's memory, so it forgets the pages.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../driver/backend_f2_api.h"
#include "fpga_mgmt.h"

#define MOST_SLOTS 2
#define BARS 2
#define PAGE 4096u
#define MOST_PAGES 64u      /* that are remembered at once */
#define BAD_ARGUMENT (-22)
#define FAILED 14           /* FPGA_ERR_FAIL */
#define CLEARED 1

struct slot {
    struct card *card;
    bool is_attached[BARS];   /* registers, memory */
    uint8_t *window;          /* of the memory, as the process sees it */
    uint64_t pages[MOST_PAGES];
    unsigned page_count;
};

static struct slot slots[MOST_SLOTS];
static struct card_options options;
static struct sigaction other_faults;
static pid_t process; /* that loaded the library */

/* ---- the calls' names: a handle is a slot and a BAR ---- */

EXPORT int fpga_mgmt_init(void);
EXPORT const char *fpga_mgmt_strerror(int error);
EXPORT const char *fpga_mgmt_get_status_name(int status);
EXPORT int fpga_mgmt_describe_local_image(int slot, struct f2_image *info, uint32_t flags);
EXPORT int fpga_pci_attach(int slot, int function, int bar, uint32_t flags, int *handle);
EXPORT int fpga_pci_detach(int handle);
EXPORT int fpga_pci_peek(int handle, uint64_t offset, uint32_t *value);
EXPORT int fpga_pci_poke(int handle, uint64_t offset, uint32_t value);
EXPORT int fpga_pci_poke8(int handle, uint64_t offset, uint8_t value);
EXPORT int fpga_pci_write_burst(int handle, uint64_t offset, uint32_t *data, uint64_t words);
EXPORT int fpga_pci_memset(int handle, uint64_t offset, uint32_t value, uint64_t words);
EXPORT int fpga_pci_get_address(int handle, uint64_t offset, uint64_t words, void **address);

/* Tests let one call after the other fail. */
static bool fails(void)
{
    return options.fail_call != 0 && --options.fail_call == 0;
}

/* ---- pages of the window ---- */

static void forget_pages(struct slot *s)
{
    for (unsigned i = 0; i < s->page_count; i++) {
        madvise(s->window + s->pages[i], PAGE, MADV_DONTNEED);
        mprotect(s->window + s->pages[i], PAGE, PROT_NONE);
    }
    s->page_count = 0;
}

static bool show_page(struct slot *s, const uint8_t *at)
{
    if (!s->window || at < s->window || (uint64_t)(at - s->window) >= CARD_WINDOW)
        return false;
    if (s->page_count == MOST_PAGES)
        forget_pages(s);
    const uint64_t page = (uint64_t)(at - s->window) / PAGE * PAGE;
    uint8_t bytes[PAGE];
    card_read(s->card, page, bytes, PAGE / SHELL_LINE);
    if (mprotect(s->window + page, PAGE, PROT_READ | PROT_WRITE) != 0)
        return false;
    memcpy(s->window + page, bytes, PAGE);
    s->pages[s->page_count++] = page;
    return mprotect(s->window + page, PAGE, PROT_READ) == 0;
}

/* Only what reads the window comes here on purpose; it is no call that could be in the middle of anything. */
static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    for (unsigned i = 0; i < MOST_SLOTS; i++)
        if (show_page(&slots[i], info->si_addr))
            return;
    if (other_faults.sa_flags & SA_SIGINFO)
        other_faults.sa_sigaction(signal_number, info, context);
    else if (other_faults.sa_handler != SIG_DFL && other_faults.sa_handler != SIG_IGN)
        other_faults.sa_handler(signal_number);
    else
        signal(signal_number, SIG_DFL);
}

/* The program may have set a handler of its own since the last call, as test frameworks do. */
static void see_faults(void)
{
    const struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction before = {.sa_flags = 0};
    if (sigaction(SIGSEGV, &ours, &before) == 0 && !(before.sa_flags & SA_SIGINFO && before.sa_sigaction == on_fault))
        other_faults = before;
}

static struct slot *slot_of(int handle, bool is_memory, uint64_t offset, uint64_t size)
{
    const unsigned h = (unsigned)handle;
    see_faults();
    if (handle < 0 || h >= MOST_SLOTS * BARS || (h % BARS == 1) != is_memory)
        return NULL;
    struct slot *s = &slots[h / BARS];
    const uint64_t room = is_memory ? CARD_WINDOW : (uint64_t)64 << 20;
    return s->is_attached[h % BARS] && offset <= room && size <= room - offset ? s : NULL;
}

/* ---- management ---- */

int fpga_mgmt_init(void)
{
    char why[200];
    if (card_options_parse(&options, getenv("SYSTOLE_F2_CARD"), why, sizeof why) != 0) {
        fprintf(stderr, "systole f2: SYSTOLE_F2_CARD: %s\n", why);
        return BAD_ARGUMENT;
    }
    process = process ? process : getpid();
    return fails() ? FAILED : 0;
}

const char *fpga_mgmt_strerror(int error)
{
    return error == F2_PCI_MISSING ? "pci-device-missing" : error == FAILED ? "unspecified-error" : "internal-error";
}

const char *fpga_mgmt_get_status_name(int status)
{
    return status == F2_LOADED ? "loaded" : status == CLEARED ? "cleared" : "internal-error";
}

static struct card *card_of(int slot)
{
    struct slot *s = &slots[slot];
    if (!s->card)
        s->card = card_create(&options);
    return s->card;
}

int fpga_mgmt_describe_local_image(int slot, struct f2_image *info, uint32_t flags)
{
    if (slot < 0 || slot >= F2_SLOTS || !info || flags != 0)
        return BAD_ARGUMENT;
    if (fails())
        return FAILED;
    if (slot >= MOST_SLOTS || (unsigned)slot >= options.slots)
        return F2_PCI_MISSING;
    memset(info, 0, sizeof *info - sizeof info->rest);
    info->slot = slot;
    /* A place that no other process gives, but those that this one has begun: their cards are simulated each for itself. */
    info->domain = (uint16_t)process;
    info->bus = (uint8_t)((unsigned)process >> 16);
    info->place = (uint8_t)slot;
    info->status = options.loaded ? F2_LOADED : CLEARED;
    if (options.loaded && card_of(slot)) {
        const struct card_ids ids = card_ids(slots[slot].card);
        snprintf(info->afi, sizeof info->afi, "%.*s", (int)sizeof info->afi - 1, options.image);
        info->vendor = (uint16_t)ids.id0;
        info->device = (uint16_t)(ids.id0 >> 16);
        info->subsystem_vendor = (uint16_t)ids.id1;
        info->subsystem = (uint16_t)(ids.id1 >> 16);
    }
    return 0;
}

/* ---- access ---- */

int fpga_pci_attach(int slot, int function, int bar, uint32_t flags, int *handle)
{
    const bool is_memory = bar == F2_MEMORY_BAR;
    if (function != F2_APP_FUNCTION || (bar != F2_REGISTERS_BAR && !is_memory) || (flags != 0 && flags != F2_BURST_CAPABLE) ||
        !handle) return BAD_ARGUMENT;
    if (slot < 0 || slot >= MOST_SLOTS || (unsigned)slot >= options.slots)
        return F2_PCI_MISSING;
    if (fails() || !card_of(slot))
        return FAILED;
    struct slot *s = &slots[slot];
    if (is_memory && !s->window) {
        void *window = mmap(NULL, CARD_WINDOW, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        s->window = window == MAP_FAILED ? NULL : window;
        if (!s->window)
            return FAILED;
    }
    s->is_attached[is_memory] = true;
    *handle = slot * BARS + is_memory;
    return 0;
}

int fpga_pci_detach(int handle)
{
    const bool is_memory = handle % BARS == 1;
    struct slot *s = slot_of(handle, is_memory, 0, 0);
    if (!s)
        return BAD_ARGUMENT;
    if (is_memory)
        forget_pages(s);
    s->is_attached[is_memory] = false;
    return 0;
}

int fpga_pci_peek(int handle, uint64_t offset, uint32_t *value)
{
    struct slot *s = slot_of(handle, false, offset, sizeof *value);
    if (!s || !value || fails())
        return s && value ? FAILED : BAD_ARGUMENT;
    forget_pages(s);
    *value = card_peek(s->card, (uint32_t)offset);
    return 0;
}

int fpga_pci_poke(int handle, uint64_t offset, uint32_t value)
{
    struct slot *s = slot_of(handle, false, offset, sizeof value);
    if (!s || fails())
        return s ? FAILED : BAD_ARGUMENT;
    forget_pages(s);
    card_poke(s->card, (uint32_t)offset, value);
    return 0;
}

static int write_memory(int handle, uint64_t offset, const void *from, uint64_t size)
{
    struct slot *s = slot_of(handle, true, offset, size);
    if (!s || fails())
        return s ? FAILED : BAD_ARGUMENT;
    forget_pages(s);
    card_write(s->card, offset, from, (size_t)size);
    return 0;
}

int fpga_pci_poke8(int handle, uint64_t offset, uint8_t value)
{
    return write_memory(handle, offset, &value, sizeof value);
}

int fpga_pci_write_burst(int handle, uint64_t offset, uint32_t *data, uint64_t words)
{
    return write_memory(handle, offset, data, words * sizeof *data);
}

int fpga_pci_memset(int handle, uint64_t offset, uint32_t value, uint64_t words)
{
    uint32_t line[PAGE / sizeof value];
    for (size_t i = 0; i < PAGE / sizeof value; i++)
        line[i] = value;
    while (words > 0) {
        const uint64_t n = words < PAGE / sizeof value ? words : PAGE / sizeof value;
        const int error = write_memory(handle, offset, line, n * sizeof value);
        if (error != 0)
            return error;
        offset += n * sizeof value;
        words -= n;
    }
    return 0;
}

int fpga_pci_get_address(int handle, uint64_t offset, uint64_t words, void **address)
{
    struct slot *s = slot_of(handle, true, offset, words * sizeof(uint32_t));
    if (!s || !address || fails())
        return s && address ? FAILED : BAD_ARGUMENT;
    *address = s->window + offset;
    return 0;
}

/* ---- for tests, beside the SDK's calls ---- */

struct card_options *systole_f2_options(void)
{
    return &options;
}

void systole_f2_power_off(void)
{
    for (unsigned i = 0; i < MOST_SLOTS; i++) {
        struct slot *s = &slots[i];
        if (s->window) {
            forget_pages(s);
            munmap(s->window, CARD_WINDOW);
        }
        card_destroy(s->card);
        *s = (struct slot){.card = NULL};
    }
}

const char *systole_f2_failure(void)
{
    for (unsigned i = 0; i < MOST_SLOTS; i++)
        if (slots[i].card && card_failure(slots[i].card)[0] != '\0')
            return card_failure(slots[i].card);
    return "";
}

uint64_t systole_f2_interrupts(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < MOST_SLOTS; i++)
        sum += slots[i].card ? card_interrupts(slots[i].card) : 0;
    return sum;
}

uint64_t systole_f2_slowest(void)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < MOST_SLOTS; i++) {
        const uint64_t one = slots[i].card ? card_slowest(slots[i].card) : 0;
        most = one > most ? one : most;
    }
    return most;
}
