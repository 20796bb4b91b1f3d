/* SPDX-License-Identifier: Apache-2.0 */
/* A card: the Verilated custom logic with the shell's model on one side and the memory's on the other. */
#ifndef SYSTOLE_F2_CARD_H
#define SYSTOLE_F2_CARD_H

#include "shell.h"
#include "../options.h"

#define CARD_MEMORY ((uint64_t)1 << 36)  /* bytes, from offset 0 of BAR4 */
#define CARD_WINDOW ((uint64_t)1 << 37)  /* of BAR4 */

struct card_options {
    struct sim_options sim;      /* of the memory */
    struct shell_options shell;
    uint32_t slots;              /* cards there are */
    uint32_t twin;               /* a flaw in the custom logic: f2_board.sv */
    uint32_t loaded;             /* 0: no image is loaded */
    uint32_t ready;              /* 0: the memory is not */
    uint64_t gone;               /* so many cycles after the second start the card leaves the bus (the first clears it); 0: never */
    uint64_t contract;           /* what the registers of the contract's hash read, or 0: what they are */
    uint32_t fail_call;          /* the n-th call of the library fails; 0: none */
    char image[64];              /* that is loaded */
};

/* "name=value" pairs with commas between: slots, twin, loaded, ready, gone, contract, fail, image, prefetch; those of sim/options.h. */
int card_options_parse(struct card_options *o, const char *text, char *err, size_t err_size);

struct card;

struct card *card_create(const struct card_options *options);
void card_destroy(struct card *c);

/* As the host sees BAR0 and BAR4. Time passes with each access, and more after one that asks a busy device for news. */
uint32_t card_peek(struct card *c, uint32_t offset);
void card_poke(struct card *c, uint32_t offset, uint32_t value);

/* Bytes written to BAR4 through the processor's buffers that combine writes: lines arrive in pieces, in another order. */
void card_write(struct card *c, uint64_t offset, const uint8_t *from, size_t size);
void card_read(struct card *c, uint64_t offset, uint8_t *to, size_t lines);

struct card_ids {
    uint32_t id0, id1;
};
struct card_ids card_ids(struct card *c);
uint64_t card_interrupts(const struct card *c);
uint64_t card_slowest(const struct card *c);

/* "" unless a rule was broken or an assertion failed. */
const char *card_failure(const struct card *c);

#endif
