/* SPDX-License-Identifier: Apache-2.0 */
#include "wave.h"

#include <stdio.h>

#include "text.h"
#include "window.h"

enum cli_exit cli_wave_write(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs,
                             const char *layer, const char *path, int quiet)
{
    char options[CLI_RECORD_NAME + 80];
    struct cli_window w;
    enum cli_exit code = cli_window_name("--wave", path);
    if (!code)
        code = cli_window_find(p, layer, &w);
    if (code)
        return code;
    snprintf(options, sizeof options, "wave=%s,wave_from=%llu,wave_to=%llu", path, (unsigned long long)w.from, (unsigned long long)w.to);
    code = cli_window_run(p, ctx, inputs, options,
                          "waves need a simulator that was built with TRACE=1, as by `make sim ROWS=16 COLS=16 TRACE=1`: sim:16x16_trace1",
                          quiet);
    if (!code && !quiet)
        fprintf(stderr, "%s: waves of %s, cycles %llu to %llu of the simulation\n", path, cli_name(w.layer->node).text, (unsigned long long)w.from,
                (unsigned long long)w.to);
    return code;
}
