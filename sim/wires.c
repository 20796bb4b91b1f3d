/* SPDX-License-Identifier: Apache-2.0 */
#include "wires.h"

#include <inttypes.h>
#include <string.h>

int wires_open(struct wires *w, const char *file, const struct shim_ports *ports)
{
    w->ports = ports;
    if (strlen(file) >= sizeof w->name)
        return -1;
    memcpy(w->name, file, strlen(file) + 1);
    w->file = fopen(file, "w");
    return w->file ? 0 : -1;
}

/* The highest byte first, as a number is written. */
static void put_bytes(FILE *f, const void *bytes, uint32_t count, bool valid)
{
    const uint8_t *at = bytes;
    for (uint32_t i = count; i-- > 0;)
        fprintf(f, "%02x", valid ? at[i] : 0u);
    fputc(' ', f);
}

static void put_inputs(FILE *f, const struct shim_ports *p)
{
    const struct memory_port *m = &p->mem;
    fprintf(f, "%02x %03x %08x %x %03x ",
            (unsigned)(*p->aw_valid << 4 | *p->w_valid << 3 | *p->b_ready << 2 | *p->ar_valid << 1 | *p->r_ready), *p->aw_addr, *p->w_data,
            *p->w_strb, *p->ar_addr);
    fprintf(f, "%02x %x %x ",
            (unsigned)(*m->ar_ready << 6 | *m->r_valid << 5 | *m->r_id << 4 | *m->r_last << 3 | *m->aw_ready << 2 | *m->w_ready << 1 | *m->b_valid),
            *m->r_resp, *m->b_resp);
    put_bytes(f, m->r_data, m->bytes, true);
}

static void put_outputs(FILE *f, const struct shim_ports *p)
{
    const struct memory_port *m = &p->mem;
    const bool ar = *m->ar_valid, aw = *m->aw_valid, w = *m->w_valid;
    fprintf(f, "%02x ",
            (unsigned)(*p->irq << 6 | *p->busy << 5 | *p->aw_ready << 4 | *p->w_ready << 3 | *p->b_valid << 2 | *p->ar_ready << 1 | *p->r_valid));
    fprintf(f, "%x %x %08x ", *p->b_valid ? *p->b_resp : 0u, *p->r_valid ? *p->r_resp : 0u, *p->r_valid ? *p->r_data : 0u);
    fprintf(f, "%02x ",
            (unsigned)(ar << 6 | (ar && *m->ar_id) << 5 | *m->r_ready << 4 | aw << 3 | w << 2 | (w && *m->w_last) << 1 | *m->b_ready));
    fprintf(f, "%016" PRIx64 " %02x ", ar ? *m->ar_addr : 0, ar ? *m->ar_len : 0u);
    fprintf(f, "%016" PRIx64 " %02x ", aw ? *m->aw_addr : 0, aw ? *m->aw_len : 0u);
    put_bytes(f, m->w_data, m->bytes, w);
    put_bytes(f, m->w_strb, m->bytes / 8, w);
}

void wires_note(void *wires)
{
    struct wires *w = wires;
    put_inputs(w->file, w->ports);
    put_outputs(w->file, w->ports);
    fputc('\n', w->file);
}

void wires_close(struct wires *w)
{
    if (!w->file)
        return;
    const bool failed = ferror(w->file) != 0;
    if (fclose(w->file) != 0 || failed) {
        fprintf(stderr, "systole sim: %s: cannot be written\n", w->name);
        remove(w->name);
    }
    w->file = NULL;
}
