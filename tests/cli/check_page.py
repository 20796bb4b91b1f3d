#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_page.py FILE.html ... : each is one well-formed page that needs nothing else, with numbers in every mark; says which plots it has."""
import math
import re
import sys
from html.parser import HTMLParser

EMPTY = {"meta", "link", "br", "rect", "line", "circle"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.plots, self.faults, self.words = [], [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in EMPTY or tag in ("rect", "circle"):
            self.open.append(tag)
        if tag == "svg":
            self.plots.append(values["aria-label"])
        if tag in ("script", "iframe", "img", "object"):
            self.faults.append(f"<{tag}>")
        for name in ("src", "href"):
            if name in values and not values[name].startswith("data:"):
                self.faults.append(f"{tag} {name}={values[name]}")
        for name in ("x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"):
            if name in values and not math.isfinite(float(values[name])):
                self.faults.append(f"{tag} {name}={values[name]}")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag in ("rect", "circle"):
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data):
        self.words.append(data)


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        text = f.read()
    page = Page()
    page.feed(text)
    page.close()
    if page.open:
        page.faults.append(f"left open: {page.open}")
    if re.search(r"https?:|@import|url\(", text):
        page.faults.append("a reference to elsewhere")
    if any(ord(c) < 0x20 and c != "\n" for c in text):
        page.faults.append("a control character")
    print(f"{path}: {page.faults or 'whole'}; plots: {[p.split(',')[0] for p in page.plots]}")
