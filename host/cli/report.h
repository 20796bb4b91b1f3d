/* SPDX-License-Identifier: Apache-2.0 */
/* A run as one page that needs nothing else: no network, no script. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "profile.h"

struct cli_report {
    const struct cli_profile *p;
    struct systole_device_info info; /* all zero on the cpu */
    uint64_t *shown;                 /* steps with cycles, in order; at most CLI_SHOWN, the longest */
    uint64_t n_shown, n_left_out;
};

enum { CLI_SHOWN = 160, CLI_PLOT_WIDTH = 1080, CLI_MOST_SHARES = 8 };

enum cli_exit cli_report_write(const struct cli_profile *p, struct systole_context *ctx, const char *path);

/* The frame of a page. `title` and `text` are HTML already; `model` and `on` are not. */
void cli_page_begin(FILE *out, const char *model, const char *on, const char *text);
void cli_page_section(FILE *out, const char *title, const char *text);
void cli_page_end(FILE *out);

/* Its parts, each in a file of its own. */
void cli_report_style(FILE *out);
void cli_plot_use(FILE *out, const struct cli_report *r);
void cli_plot_shares(FILE *out, const struct cli_report *r);
void cli_plot_roofline(FILE *out, const struct cli_report *r);
void cli_plot_timeline(FILE *out, const struct cli_report *r);
/* The counters that divide the cycles; how many. */
int cli_report_shares(uint32_t list[CLI_MOST_SHARES]);
/* "name (operator): 1,234 cycles ...", for a pointer over a mark. */
void cli_report_title(const struct cli_report *r, const struct systole_step *s, char *text, size_t room);
struct cli_number cli_grouped(uint64_t value); /* "1,234,567" */
/* Bytes a cycle that a device's memory can move in each direction: a beat of its bus, or the `bandwidth` of its name. */
double cli_bandwidth(const char *device, uint32_t bus_bytes);

#endif
