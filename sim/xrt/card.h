/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compute units of a card: registers, each unit a model behind driver/systole_model.h. All see the whole of the card's memory,
 * which is the caller's. Time passes for a unit while it works.
 */
#ifndef SYSTOLE_XRT_CARD_H
#define SYSTOLE_XRT_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_MAX_UNITS 16u
#define CARD_UNIT_BYTES 0x10000u /* of address space, of which registers are the first 4 KiB */

struct card_options {
    const char *library;             /* with systole_model_get() */
    const char *model;               /* options of every model, or NULL */
    uint64_t memory_base, memory_size;
    void *memory;
    uint64_t unit_base[CARD_MAX_UNITS];
    unsigned units;
};

struct card;

/*
 * NULL with the reason on stderr. In the environment SYSTOLE_SIM_OPTIONS replaces the options of the models, and
 * SYSTOLE_SIM_OPTIONS_<n> those of unit n.
 */
struct card *card_create(const struct card_options *options);
void card_destroy(struct card *c);

/* Registers, by address; where no unit is, writes are dropped and reads give 0. */
void card_write(struct card *c, uint64_t address, uint32_t value);
uint32_t card_read(struct card *c, uint64_t address);

/* Lets each unit that works do so for a while. True while one still does. */
bool card_work(struct card *c);

#endif
