#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_links.sh [ROOT]: in every page (*.md) below ROOT, the files that links name exist, and the headings that they name in a page; every
# page of docs/ is listed in docs/README.md or in a README.md beside it; every `make TARGET` that a page or $HELP tells is a target.
# The targets are in $TARGETS; where that is empty they are not looked at. What is wrong is printed, and the script fails.
set -eu

cd "${1:-.}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

say() {
    echo "$*"
    bad=$((bad + 1))
}

if git ls-files --error-unmatch README.md >/dev/null 2>&1; then
    git ls-files '*.md' >"$work/tracked"
else
    find . -name '*.md' -not -path './build/*' | sed 's,^\./,,' | sort >"$work/tracked"
fi
while read -r page; do
    if [ -e "$page" ]; then echo "$page"; fi
done <"$work/tracked" >"$work/pages"

# The names of a page's headings, as they stand behind # in a link.
anchors() {
    awk '/^ *```/ { code = !code } !code && /^#+ / {
        sub(/^#+ +/, ""); $0 = tolower($0); gsub(/[^a-z0-9 _-]/, ""); gsub(/ /, "-")
        print (seen[$0]++ ? $0 "-" seen[$0] - 1 : $0)
    }' "$1"
}

# page, line, target of each link; links in code, indented or between backquotes, are none.
while read -r page; do
    awk -v page="$page" '/^    / || /^ *```/ { next } {
        gsub(/`[^`]*`/, "")
        while (match($0, /\]\([^) ]+\)/)) {
            print page, NR, substr($0, RSTART + 2, RLENGTH - 3); $0 = substr($0, RSTART + RLENGTH)
        }
    }' "$page"
done <"$work/pages" >"$work/links"

links=0
while read -r page line target; do
    links=$((links + 1))
    case $target in
    *://* | mailto:*) continue ;;
    esac
    file=${target%%#*}
    if [ -z "$file" ]; then file=$page; else file=$(dirname "$page")/$file; fi
    if [ ! -e "$file" ]; then
        say "$page:$line: there is no $target"
    else
        case $target in
        *'#'*) anchors "$file" | grep -Fqx -- "${target#*#}" || say "$page:$line: no heading of $file is called #${target#*#}" ;;
        esac
    fi
done <"$work/links"

# Every page of docs/ can be found.
grep '^docs/' "$work/pages" >"$work/docs" || true
while read -r page; do
    folder=$(dirname "$page")
    for index in docs/README.md "$folder/README.md"; do
        if [ "$page" = "$index" ]; then continue 2; fi
        case $index in docs/README.md) from=${page#docs/} ;; *) from=$(basename "$page") ;; esac
        if grep -Fq "]($from)" "$index" 2>/dev/null; then continue 2; fi
    done
    say "$page is listed neither in docs/README.md nor in $folder/README.md"
done <"$work/docs"

# Targets, where a page gives them as commands.
if [ -n "${TARGETS:-}" ]; then
    printf '%s\n' "$TARGETS" | tr ' ' '\n' >"$work/targets"
    while read -r page; do
        { grep -noE '(`|^    (\$ )?|&& )make [a-z][a-z0-9_/.-]*' "$page" || true; } | sed "s,^\([0-9]*\):.*make ,$page:\1 ,"
    done <"$work/pages" >"$work/named"
    printf '%s\n' "${HELP:-}" | sed -n 's/^ *make \([a-z0-9_-]*\).*/help: \1/p' >>"$work/named"
    while read -r where target; do
        case $target in build/*) continue ;; esac
        grep -Fqx -- "$target" "$work/targets" || say "$where: make $target is no target"
    done <"$work/named"
    named=", $(wc -l <"$work/named") commands of make"
fi

echo "check-links: $(wc -l <"$work/pages") pages, $links links${named:-}, $bad that lead nowhere"
[ "$bad" -eq 0 ]
