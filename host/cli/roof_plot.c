/* SPDX-License-Identifier: Apache-2.0 */
#include "roof_plot.h"

#include <math.h>
#include <string.h>

#include "report.h"

enum { HEIGHT = CLI_ROOF_HEIGHT, LEFT = CLI_ROOF_LEFT, RIGHT = CLI_ROOF_RIGHT, TOP = CLI_ROOF_TOP, BOTTOM = CLI_ROOF_BOTTOM };

struct cli_plane cli_plane_of_roofs(double peak, double bandwidth)
{
    return (struct cli_plane){log10(peak / bandwidth / 8), log10(peak / bandwidth * 8), log10(peak / 16), log10(peak * 1.8)};
}

void cli_plane_take(struct cli_plane *p, double intensity, double rate)
{
    p->x_least = fmin(p->x_least, log10(intensity / 1.5));
    p->x_most = fmax(p->x_most, log10(intensity * 2.5));
    p->y_least = fmin(p->y_least, log10(rate / 1.5));
    p->y_most = fmax(p->y_most, log10(rate * 1.8));
}

double cli_plane_x(const struct cli_plane *p, double value)
{
    return LEFT + (CLI_PLOT_WIDTH - LEFT - RIGHT) * (log10(value) - p->x_least) / (p->x_most - p->x_least);
}

double cli_plane_y(const struct cli_plane *p, double value)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log10(value) - p->y_least) / (p->y_most - p->y_least);
}

/* "0.5", "200", "20 G" */
static void mark(char *text, size_t room, double value)
{
    if (value < 1e5) {
        snprintf(text, room, value < 1 ? "%g" : "%.0f", value);
        return;
    }
    const struct cli_number n = cli_scaled(value);
    double whole = 0;
    char unit[8] = "";
    if (sscanf(n.text, "%lf %7s", &whole, unit) >= 1)
        snprintf(text, room, "%g %s", whole, unit);
}

/* Lines at 1, 2 and 5 times the powers of ten, or at the powers alone where there are many. */
void cli_plane_grid(FILE *out, const struct cli_plane *p, const char *x, const char *y)
{
    static const double times[] = {1, 2, 5};
    char text[32];
    const int many_x = p->x_most - p->x_least > 4, many_y = p->y_most - p->y_least > 3;
    for (int power = (int)floor(p->x_least); power <= (int)p->x_most + 1; power++)
        for (int i = 0; i < (many_x ? 1 : 3); i++) {
            const double v = times[i] * pow(10, power);
            if (log10(v) < p->x_least || log10(v) > p->x_most)
                continue;
            mark(text, sizeof text, v);
            cli_svg_line(out, cli_plane_x(p, v), TOP, cli_plane_x(p, v), HEIGHT - BOTTOM, "grid");
            cli_svg_text(out, cli_plane_x(p, v), HEIGHT - BOTTOM + 17, "middle", "axis", text);
        }
    for (int power = (int)floor(p->y_least); power <= (int)p->y_most + 1; power++)
        for (int i = 0; i < (many_y ? 1 : 3); i++) {
            const double v = times[i] * pow(10, power);
            if (log10(v) < p->y_least || log10(v) > p->y_most)
                continue;
            mark(text, sizeof text, v);
            cli_svg_line(out, LEFT, cli_plane_y(p, v), CLI_PLOT_WIDTH - RIGHT, cli_plane_y(p, v), "grid");
            cli_svg_text(out, LEFT - 8, cli_plane_y(p, v) + 4, "end", "axis", text);
        }
    cli_svg_text(out, (LEFT + CLI_PLOT_WIDTH - RIGHT) / 2.0, HEIGHT - 6, "middle", "soft", x);
    fprintf(out, "<g transform=\"translate(16 %d) rotate(-90)\">", (TOP + HEIGHT - BOTTOM) / 2);
    cli_svg_text(out, 0, 0, "middle", "soft", y);
    fputs("</g>\n", out);
}

void cli_plane_ceiling(FILE *out, const struct cli_plane *p, double height, double bandwidth, const char *style, const char *text)
{
    const double from = fmax(height / bandwidth, pow(10, p->x_least));
    if (log10(height) > p->y_least && log10(from) < p->x_most) {
        cli_svg_line(out, cli_plane_x(p, from), cli_plane_y(p, height), CLI_PLOT_WIDTH - RIGHT, cli_plane_y(p, height), style);
        cli_svg_text(out, CLI_PLOT_WIDTH - RIGHT - 6, cli_plane_y(p, height) - 7, "end", "soft", text);
    }
}

void cli_plane_slope(FILE *out, const struct cli_plane *p, double bandwidth, double peak, const char *style, const char *text, double side)
{
    const double x1 = fmax(pow(10, p->x_least), pow(10, p->y_least) / bandwidth), x2 = fmin(peak / bandwidth, pow(10, p->x_most));
    if (x1 >= x2)
        return;
    const double px = cli_plane_x(p, x1), py = cli_plane_y(p, x1 * bandwidth), qx = cli_plane_x(p, x2), qy = cli_plane_y(p, x2 * bandwidth);
    cli_svg_line(out, px, py, qx, qy, style);
    fprintf(out, "<g transform=\"translate(%.2f %.2f) rotate(%.2f)\">", px + (qx - px) * 0.08, py + (qy - py) * 0.08,
            atan2(qy - py, qx - px) * 57.29577951308232);
    cli_svg_text(out, 0, side, "start", "soft", text);
    fputs("</g>\n", out);
}
