"""What a reader sees of a page: its text, and where its links lead."""

import re
from pathlib import Path


def text_of(html: str) -> str:
    shown = "".join(re.findall(r"<main.*?</main>", html, flags=re.S))
    body = re.sub(r"<annotation.*?</annotation>", "", shown, flags=re.S)
    return plain(re.sub(r"<[^>]*>", "", body))


def plain(text: str) -> str:
    for entity, character in (
        *(("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'")),
        ("&amp;", "&"),
    ):
        text = text.replace(entity, character)
    return " ".join(text.split())


def squeezed(text: str) -> str:
    """Give text without white space, which breaks lines in a PDF."""
    return re.sub(r"\s", "", text)


def dead_links(folder: Path) -> list[str]:
    """Links of pages to files or places that are not there."""
    texts = {page.resolve(): page.read_text() for page in folder.rglob("*.html")}
    places = {page: set(re.findall(r'\bid="([^"]*)"', text)) for page, text in texts.items()}
    dead = []
    for page, text in texts.items():
        for target in re.findall(r'\b(?:href|src|data)="(?!data:|https?:)([^"]*)"', text):
            address, _, anchor = target.partition("#")
            file = address.partition("?")[0]
            there = (page.parent / file).resolve() if file else page
            if not there.is_file() or (anchor and anchor not in places[there]):
                dead.append(f"{page}: {target}")
    return dead
