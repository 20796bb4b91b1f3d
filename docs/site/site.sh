#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# site.sh OUT : the pages of the project as a site in the folder OUT, in folders as they are in the project; files of the project that a
# page links to are copied. A link that leads nowhere in the site is an error. Needs cmark-gfm.
set -eu

out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

git ls-files '*.md' >"$work/pages" 2>/dev/null || find . -name '*.md' -not -path './build/*' | sed 's,^\./,,' >"$work/pages"

# ../ for each folder of the path $1.
root_of() { printf '%s' "$1" | tr -cd / | sed 's,/,../,g'; }

while IFS= read -r page; do
    mkdir -p "$out/$(dirname "$page")"
    root=$(root_of "$page")
    cmark-gfm -e table -e strikethrough -e autolink "$page" | awk -v root="$root" -f docs/site/page.awk >"$out/${page%.md}.html"
done <"$work/pages"
cp docs/site/style.css "$out/style.css"
cp "$out/README.html" "$out/index.html"

# Every link of every page: page, target.
while IFS= read -r page; do
    grep -o '\(href\|src\)="[^"]*"' "$out/${page%.md}.html" | sed 's/^[a-z]*="//; s/"$//; s/#.*//' | sort -u |
        while IFS= read -r target; do printf '%s\t%s\n' "$page" "$target"; done
done <"$work/pages" >"$work/links"
while IFS="$(printf '\t')" read -r page target; do
    case $target in '' | *:*) continue ;; esac
    file=$(dirname "$page")/$target
    if [ -e "$out/$file" ]; then continue; fi
    if [ -d "$file" ]; then
        mkdir -p "$out/$file"
        (cd "$file" && ls) >"$out/$file/index.html"
    elif [ -e "$file" ]; then
        mkdir -p "$out/$(dirname "$file")"
        cp "$file" "$out/$file"
    else
        echo "$page: there is no $target" >&2
        bad=1
    fi
done <"$work/links"
echo "$(wc -l <"$work/pages") pages, $(wc -l <"$work/links") links: $out/index.html"
[ "$bad" = 0 ]
