/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the reference share. */
#ifndef FUZZ_REFERENCE_INTERNAL_H
#define FUZZ_REFERENCE_INTERNAL_H

#include "reference.h"

/* `size` bytes of an on-chip memory, noted in the trace. */
uint8_t *ref_mem_at(struct ref_machine *m, unsigned mem, int64_t offset, size_t size, bool write);

/* The same of DRAM; NULL where nothing is attached. */
uint8_t *ref_dram_at(struct ref_machine *m, unsigned window, int64_t offset, size_t size, bool write);

/* Little endian numbers of 1, 2 or 4 bytes. */
uint32_t ref_get(const uint8_t *p, unsigned size);
void ref_put(uint8_t *p, unsigned size, uint32_t v);

void ref_load(struct ref_machine *m, const uint32_t *insn);
void ref_fill(struct ref_machine *m, const uint32_t *insn);
void ref_matmul(struct ref_machine *m, const uint32_t *insn);
void ref_store(struct ref_machine *m, const uint32_t *insn);

#endif
