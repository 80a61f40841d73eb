"""Check that the quotes of all studies stand in their sources, word by word.

    refashion quotes FOLDER

FOLDER holds the texts of the sources, a `.txt` file each, in UTF-8. The source of a study is the
file in which most of its quotes are found. White space is all that may differ. Studies are read
from `studies/` in the working directory, whether or not their claims are complete otherwise.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from refashion.errors import ConfigError, one_line
from refashion.regular_files import open_regular
from refashion.spec import strict_yaml

# Of the text of one source, which is some hundred pages.
MAX_BYTES = 5_000_000
LONGEST_LINE = 2_000
# Of the passages that share most letters with a quote, so many are compared in full.
CANDIDATES = 20


class Quote(NamedTuple):
    """A quote and the entry that it stands in: the id of a claim, or `untestable` with a number."""

    entry: str
    text: str


class Search(NamedTuple):
    """What became of the quotes of a study; `source` is None where not one of them is found."""

    source: str | None
    missing: list[Quote]


def check_all(folder: Path) -> int:
    """Check the quotes of all studies.

    Parameters
    ----------
    folder
        Folder with the texts of the sources, `*.txt`.

    Returns
    -------
    int
        Exit status: 1 where a quote is missing.

    Raises
    ------
    ConfigError
        There is no study, or no text that can be read.
    """
    sources = load_sources(folder)
    studies = {
        path.parent.name: list(quotes_of(strict_yaml.load(path)))
        for path in sorted(Path("studies").glob("*/study.yaml"))
    }
    if not studies:
        raise ConfigError("studies: no folder with a study.yaml; start in the project's folder")
    return max([_report(study, quotes, sources) for study, quotes in studies.items()])


def load_sources(folder: Path) -> dict[str, str]:
    """Read the texts of a folder, by file name, with single blanks for all white space.

    Raises
    ------
    ConfigError
        The folder has no `.txt` file, or one that is not UTF-8.
    """
    texts = {}
    for path in sorted(folder.glob("*.txt")):
        try:
            with open_regular(path, MAX_BYTES) as file:
                texts[path.name] = single_blanks(file.read().decode())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}; accepted: UTF-8 text") from None
    if not texts:
        raise ConfigError(f"{folder}: no *.txt in it; accepted: a folder with the sources' texts")
    return texts


def quotes_of(study: Mapping[str, Any]) -> Iterator[Quote]:
    """Give the quotes of a study's claims, and of what it calls untestable, in their order."""
    for key in ("claims", "untestable"):
        entries = study.get(key)
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            entry = entry if isinstance(entry, Mapping) else {}
            name, quote = entry.get("id"), entry.get("quote")
            # No text at all is missing as well: it stands nowhere.
            text = single_blanks(quote) if isinstance(quote, str) else ""
            yield Quote(name if isinstance(name, str) else f"{key}[{number}]", text)


def search(quotes: Sequence[Quote], sources: Mapping[str, str]) -> Search:
    """Find the source of a study, and which of its quotes are not in it."""
    found = {
        name: [quote for quote in quotes if is_quoted(quote.text, text)]
        for name, text in sources.items()
    }
    best = max(found, key=lambda name: len(found[name]))
    source = best if found[best] else None
    return Search(source, [quote for quote in quotes if quote not in found[best]])


def is_quoted(quote: str, text: str) -> bool:
    """Whether a quote stands in a text, from the beginning of a word to the end of one.

    >>> is_quoted("accuracy of 0.9", "an accuracy of 0.91")
    False
    """
    at = text.find(quote)
    while quote and at >= 0:
        end = at + len(quote)
        if not (_splits_word(text, at) or _splits_word(text, end)):
            return True
        at = text.find(quote, at + 1)
    return False


def _splits_word(text: str, at: int) -> bool:
    around = text[max(at - 1, 0) : at + 1]
    return 0 < at < len(text) and all(letter.isalnum() for letter in around)


def nearest_passage(quote: str, text: str) -> str:
    """Give the passage of a text, of as many words as a quote, that is most like it."""
    words, length = text.split(), len(quote.split())
    starts = range(max(1, len(words) - length + 1))
    passages = list(dict.fromkeys(" ".join(words[at : at + length]) for at in starts))
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(quote)

    def likeness(passage: str, quick: bool) -> float:
        matcher.set_seq1(passage)
        return matcher.quick_ratio() if quick else matcher.ratio()

    passages.sort(key=lambda passage: likeness(passage, quick=True), reverse=True)
    return max(passages[:CANDIDATES], key=lambda passage: likeness(passage, quick=False))


def single_blanks(text: str) -> str:
    """Put one blank for any white space, line breaks included, and none at the ends."""
    return " ".join(text.split())


def _report(study: str, quotes: list[Quote], sources: Mapping[str, str]) -> int:
    """Print what is missing of a study, and a summary; give 1 where anything is."""
    source, missing = search(quotes, sources)
    for quote in missing:
        nearest = nearest_passage(quote.text, sources[source]) if source and quote.text else None
        hint = f'; nearest: "{nearest}"' if nearest else ""
        line = f'{study}: {quote.entry}: not found: "{quote.text}"{hint}'
        print(one_line(line, LONGEST_LINE))
    where = f" in {source}" if source else ""
    print(one_line(f"{study}: {len(quotes) - len(missing)} of {len(quotes)} quotes found{where}"))
    return int(bool(missing))
