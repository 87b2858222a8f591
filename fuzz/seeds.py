#!/usr/bin/env python3
"""Seeds the corpora of the fuzz targets from the test data."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A short text runs in a fraction of the time of a whole mail.
PIECE = 400


def put(target: str, text: str) -> None:
    folder = ROOT / "fuzz" / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def attacks() -> list[str]:
    lines = (ROOT / "tests" / "attacks" / "payloads.txt").read_text().split("\n")
    return [read(line) for line in lines if line and not line.startswith("#")]


def read(line: str) -> str:
    """Some attacks begin with a quote but are not JSON."""
    try:
        return json.loads(line) if line.startswith('"') else line
    except json.JSONDecodeError:
        return line


def pieces(html: str) -> list[str]:
    """A mail, split before elements and template tags."""
    found, piece = [], ""
    for part in re.split(r"(?=<|\{\{)", html):
        if piece and len(piece) + len(part) > PIECE:
            found.append(piece)
            piece = ""
        piece += part
    return [*found, piece]


for attack in attacks():
    put("template", attack)
    put("compose", attack)
for mail in sorted((ROOT / "tests" / "mails").glob("*.html")):
    html = mail.read_text()
    put("compose", html)
    for piece in pieces(html):
        put("template", piece)
for text in (ROOT / "infra" / "local" / "demo" / "people.csv").read_text().splitlines()[:40]:
    put("rows", text + "\n" + text)
    for cell in text.split(","):
        put("addresses", cell)
