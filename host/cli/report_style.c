/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

/* Line by line: a string of C is short by the standard. */
static const char *const style[] = {
    ":root{color-scheme:light dark;--page:#f6f7f9;--card:#ffffff;--ink:#1c2330;--soft:#5b6678;--line:#e1e5eb;--track:#eef1f5;",
    "--accent:#2558d9;--light:#a9c1f7;--device:#2558d9;--host:#9aa5b5;--fused:#7c5cd6;",
    "--s0:#2558d9;--s1:#0e9384;--s2:#aab4c3;--s3:#eaa11a;--s4:#dd5f1c;--s5:#c22f6f;--s6:#7c5cd6;--s7:#5b6678}",
    "@media(prefers-color-scheme:dark){:root{--page:#0e131a;--card:#161d27;--ink:#e7ebf1;--soft:#9aa6b8;--line:#283241;--track:#1f2836;",
    "--accent:#7aa5ff;--light:#35508c;--device:#7aa5ff;--host:#5d6b80;--fused:#ad94f5;",
    "--s0:#7aa5ff;--s1:#3cc9b8;--s2:#566379;--s3:#f3bd50;--s4:#f58b4c;--s5:#f07aa8;--s6:#ad94f5;--s7:#9aa6b8}}",
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);",
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}",
    "main{max-width:1160px;margin:0 auto;padding:32px 20px 64px}header{margin-bottom:20px}",
    "h1{font-size:26px;line-height:1.25;margin:0 0 6px;overflow-wrap:anywhere}h2{font-size:17px;margin:0 0 2px}",
    "header p,section>p{color:var(--soft);margin:0 0 12px;max-width:86ch}",
    "code{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.93em}",
    "section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 22px;margin:0 0 18px}",
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:12px;margin:0 0 18px}",
    ".tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px}",
    ".tile b{display:block;font-size:23px;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}",
    ".tile span{color:var(--soft);font-size:13px}",
    ".plot{overflow-x:auto}.plot svg{display:block;width:100%;min-width:700px;height:auto}",
    "svg text{font-size:12px;fill:var(--ink);font-variant-numeric:tabular-nums}svg text.soft{fill:var(--soft)}",
    "svg text.inside{fill:var(--card);font-size:11px;pointer-events:none}svg text.axis{fill:var(--soft)}",
    ".grid{stroke:var(--line);stroke-width:1}.base{stroke:var(--soft);stroke-width:1}.track{fill:var(--track)}",
    ".roof{stroke:var(--accent);stroke-width:2}.ceiling{stroke:var(--accent);stroke-width:1.5;stroke-dasharray:6 4}",
    ".measured{stroke:var(--s3);stroke-width:1.5;stroke-dasharray:2 4}.lead{stroke:var(--soft);stroke-width:.75}",
    ".dot{fill:var(--accent);fill-opacity:.55;stroke:var(--accent);stroke-width:1}",
    ".use{fill:var(--accent)}.busy{fill:var(--light)}.device{fill:var(--device)}.host{fill:var(--host)}.fused{fill:var(--fused)}",
    ".edge{stroke:var(--card);stroke-width:1}",
    ".s0{fill:var(--s0);background:var(--s0)}.s1{fill:var(--s1);background:var(--s1)}.s2{fill:var(--s2);background:var(--s2)}",
    ".s3{fill:var(--s3);background:var(--s3)}.s4{fill:var(--s4);background:var(--s4)}.s5{fill:var(--s5);background:var(--s5)}",
    ".s6{fill:var(--s6);background:var(--s6)}.s7{fill:var(--s7);background:var(--s7)}",
    ".front{stroke-width:1.5;stroke-dasharray:2 4}.t0{stroke:var(--s0)}.t1{stroke:var(--s1)}.t2{stroke:var(--s2)}.t3{stroke:var(--s3)}",
    ".t4{stroke:var(--s4)}.t5{stroke:var(--s5)}.t6{stroke:var(--s6)}.t7{stroke:var(--s7)}",
    ".q0,.i-q0{fill:var(--track);background:var(--track)}",
    ".q1{fill:var(--s5);fill-opacity:.14}.e1{fill:var(--s1);fill-opacity:.14}.q2{fill:var(--s5);fill-opacity:.26}.e2{fill:var(--s1);fill-opacity:.26}",
    ".q3{fill:var(--s5);fill-opacity:.38}.e3{fill:var(--s1);fill-opacity:.38}.q4{fill:var(--s5);fill-opacity:.50}.e4{fill:var(--s1);fill-opacity:.50}",
    ".q5{fill:var(--s5);fill-opacity:.62}.e5{fill:var(--s1);fill-opacity:.62}.q6{fill:var(--s5);fill-opacity:.75}.e6{fill:var(--s1);fill-opacity:.75}",
    ".q7{fill:var(--s5);fill-opacity:.88}.e7{fill:var(--s1);fill-opacity:.88}.q8{fill:var(--s5);fill-opacity:1}.e8{fill:var(--s1);fill-opacity:1}",
    ".i-q1{background:var(--s5);opacity:.14}.i-q2{background:var(--s5);opacity:.26}",
    ".i-q3{background:var(--s5);opacity:.38}.i-q4{background:var(--s5);opacity:.50}",
    ".i-q5{background:var(--s5);opacity:.62}.i-q6{background:var(--s5);opacity:.75}",
    ".i-q7{background:var(--s5);opacity:.88}.i-q8{background:var(--s5);opacity:1}",
    "rect:hover,circle:hover{filter:brightness(1.12)}",
    ".legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 10px;padding:0;list-style:none;color:var(--soft);font-size:13px}",
    ".legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}",
    ".i-use{background:var(--accent)}.i-busy{background:var(--light)}.i-device{background:var(--device)}.i-host{background:var(--host)}",
    ".i-fused{background:var(--fused)}",
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}",
    "th{position:sticky;top:0;background:var(--card);color:var(--soft);font-weight:600;",
    "text-align:right;border-bottom:1px solid var(--line)}",
    "th,td{padding:5px 8px;white-space:nowrap}td{text-align:right;border-bottom:1px solid var(--line)}",
    "th.t,td.t{text-align:left}td.remark{color:var(--soft);white-space:normal;min-width:130px}tr.all td{font-weight:650;border-bottom:0}",
    "td.name{max-width:200px;overflow:hidden;text-overflow:ellipsis}tr.quiet td{color:var(--soft)}",
    "footer{color:var(--soft);font-size:13px}",
    "@media print{section,.tile{break-inside:avoid}body{background:#fff}}",
};

void cli_report_style(FILE *out)
{
    fputs("<style>\n", out);
    for (size_t i = 0; i < sizeof style / sizeof *style; i++)
        fprintf(out, "%s\n", style[i]);
    fputs("</style>\n", out);
}
