/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "svg.h"
#include "window.h"

/* What the simulator recorded is text of numbers and capitals, which stands in a page as it is. */
static void write_page(FILE *out, const struct cli_profile *p, const struct cli_window *w, const char *record)
{
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
          "<link rel=\"icon\" href=\"data:,\"><title>", out);
    cli_html(out, w->layer->node);
    fputs("</title></head><body>\n<h1>", out);
    cli_html(out, w->layer->node);
    fputs(" on <code>", out);
    cli_html(out, p->device);
    fputs("</code></h1>\n<script type=\"text/plain\" id=\"data\">\n", out);
    fputs(record, out);
    fputs("</script>\n", out);
    for (const char *const *line = cli_view_page; *line; line++) {
        fputs(*line, out);
        fputc('\n', out);
    }
    fputs("</body></html>\n", out);
}

enum cli_exit cli_view_write(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs, const char *layer,
                             uint64_t skip, const char *path, int quiet)
{
    char options[CLI_RECORD_NAME + 100], record_path[CLI_RECORD_NAME + 16], *record = NULL;
    size_t size = 0;
    struct cli_window w;
    enum cli_exit code = cli_window_name("--view", path);
    if (!code)
        code = cli_window_find(p, layer, &w);
    if (code)
        return code;
    const uint64_t from = w.from + skip, to = from + CLI_VIEW_CYCLES;
    snprintf(record_path, sizeof record_path, "%s.cycles", path);
    snprintf(options, sizeof options, "view=%s,view_from=%llu,view_to=%llu", record_path, (unsigned long long)from, (unsigned long long)to);
    code = cli_window_run(p, ctx, inputs, options,
                          "--view shows a simulator, as `make sim ROWS=4 COLS=4` builds it: sim:4x4; its page can be read up to 8 columns", quiet);
    if (!code)
        code = cli_read_file(record_path, &record, &size);
    FILE *out = code ? NULL : cli_create_file(path);
    if (!code && !out)
        code = CLI_FILE;
    if (out) {
        write_page(out, p, &w, record);
        code = cli_finish_file(out, path);
    }
    free(record);
    remove(record_path);
    if (!code && !quiet)
        fprintf(stderr, "%s: %s, cycles %llu to %llu of the simulation\n", path, cli_name(w.layer->node).text, (unsigned long long)from,
                (unsigned long long)to);
    return code;
}
