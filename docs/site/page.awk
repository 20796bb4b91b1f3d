# SPDX-License-Identifier: Apache-2.0
# page.awk -v root=../ : a page of the site from what a Markdown reader made of it. Headings get the names that links call them by
# (as in the pages' source), links to pages lead to pages of the site, tables may be moved where they are wide.

function text_of(html)
{
    gsub(/<[^>]*>/, "", html)
    gsub(/&lt;/, "<", html); gsub(/&gt;/, ">", html); gsub(/&quot;/, "\"", html); gsub(/&amp;/, "\\&", html)
    return html
}

function name_of(heading)
{
    heading = tolower(heading)
    gsub(/[^a-z0-9 _-]/, "", heading)
    gsub(/ /, "-", heading)
    return seen[heading]++ ? heading "-" (seen[heading] - 1) : heading
}

/^<h[1-6]>/ {
    if (title == "")
        title = text_of($0)
    sub(/^<h[1-6]/, "& id=\"" name_of(text_of($0)) "\"")
}
/<table>/ { sub(/<table>/, "<div class=\"wide\"><table>") }
/<\/table>/ { sub(/<\/table>/, "</table></div>") }
{
    rest = $0
    out = ""
    while (match(rest, /href="[^":]*\.md[#"]/)) {
        out = out substr(rest, 1, RSTART - 1)
        link = substr(rest, RSTART, RLENGTH)
        sub(/\.md/, ".html", link)
        out = out link
        rest = substr(rest, RSTART + RLENGTH)
    }
    body = body out rest "\n"
}

END {
    print "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
    printf "<title>%s</title><link rel=\"stylesheet\" href=\"%sstyle.css\"></head><body>\n", title, root
    printf "<nav><a href=\"%sREADME.html\">Systole</a> <a href=\"%sdocs/README.html\">Pages</a>", root, root
    printf " <a href=\"%sdocs/tutorials/simulate.html\">Start</a> <a href=\"%sdocs/command.html\">Command</a>", root, root
    printf " <a href=\"%sapi/files.html\">C interface</a></nav>\n<main>\n%s</main></body></html>\n", root, body
}
