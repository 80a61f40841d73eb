"""Check of the quotes in all studies against the texts of the original reports.

    refashion quotes FOLDER [--study-dirs DIR ...]

FOLDER contains the original reports: PDF files, text in UTF-8, Markdown, HTML, notebooks, Word
documents or TeX. The source of a study is the file that contains most of its quotes. Quotes must
match word by word; only white space may differ, and the hyphens that part words at the ends of
lines in PDF files. All studies in `study_dirs` of the `config.yaml` in the working directory are
read, even if their claims are not complete.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from refashion import documents
from refashion.documents.quotes import MARK, Passages, is_quoted, single_blanks
from refashion.errors import ConfigError, one_line
from refashion.spec.config import find_studies, study_folders
from refashion.spec.study import read_files

LONGEST_LINE = 2_000
# Number of passages that are compared with a quote in full: those that share most letters with it.
CANDIDATES = 20


class Quote(NamedTuple):
    """A quote, and the entry that contains it: the id of a claim, or `untestable[<number>]`."""

    entry: str
    text: str


class QuoteMatch(NamedTuple):
    """The source of a study, None if no quote was found, and the quotes that are missing in it."""

    source: str | None
    missing: list[Quote]


def check_all(folder: Path, study_dirs: Sequence[Path] = ()) -> int:
    """Check the quotes of all studies.

    Parameters
    ----------
    folder
        Folder with the original reports.
    study_dirs
        Folders that hold studies; empty for those of `config.yaml`.

    Returns
    -------
    int
        Exit status: 1 if a quote is missing.

    Raises
    ------
    ConfigError
        There is no study, or no report that can be read.
    """
    sources = load_sources(folder)
    studies = {
        name: list(quotes_of(read_files(study)[0])) for name, study in _studies(study_dirs).items()
    }
    return max([_report(study, quotes, sources) for study, quotes in studies.items()])


def _studies(study_dirs: Sequence[Path]) -> dict[str, Path]:
    return study_folders(Path(), study_dirs) if study_dirs else find_studies(Path())


def load_sources(folder: Path) -> dict[str, str]:
    """Read the reports in a folder, by file name, with normalized white space.

    Raises
    ------
    ConfigError
        The folder has no report, or one that cannot be read.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in documents.SUFFIXES)
    if not paths:
        suffixes = ", ".join(documents.SUFFIXES)
        raise ConfigError(
            f"{folder}: no reports; accepted: a folder with the original reports ({suffixes})"
        )
    return {path.name: _load(path) for path in paths}


def _load(path: Path) -> str:
    try:
        document = documents.read(path)
    except documents.DocumentError as error:
        raise ConfigError(str(error)) from None
    if document.encoding != "utf-8":
        raise ConfigError(f"{path}: cannot be read: it is not in UTF-8; accepted: UTF-8 text")
    if len(document.without_text) == document.n_parts:
        raise ConfigError(f"{path}: no page has text, as after a scan; accepted: a file with text")
    return Passages.of(document).text


def quotes_of(study: Mapping[str, Any]) -> Iterator[Quote]:
    """Yield the quotes of a study's claims and untestable statements, in their order."""
    for key in ("claims", "untestable"):
        entries = study.get(key)
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            entry = entry if isinstance(entry, Mapping) else {}
            if "output" in (entry.get("kind"), entry.get("table")):
                continue  # it stands in a notebook, not in a text
            name, quote = entry.get("id"), entry.get("quote")
            # A missing quote is reported as an empty one, which is not found.
            text = single_blanks(quote) if isinstance(quote, str) else ""
            yield Quote(name if isinstance(name, str) else f"{key}[{number}]", text)


def match_source(quotes: Sequence[Quote], sources: Mapping[str, str]) -> QuoteMatch:
    """Find the source that contains most of a study's quotes, and the quotes that are not in it.

    Parameters
    ----------
    quotes
        Quotes of one study.
    sources
        Texts by file name.
    """
    found = {
        name: [quote for quote in quotes if is_quoted(quote.text, text)]
        for name, text in sources.items()
    }
    best = max(found, key=lambda name: len(found[name]))
    source = best if found[best] else None
    return QuoteMatch(source, [quote for quote in quotes if quote not in found[best]])


def nearest_passage(quote: str, text: str) -> str:
    """Return the passage of a text, with as many words as a quote, that is most similar to it."""
    words, length = text.split(), len(quote.split())
    starts = range(max(1, len(words) - length + 1))
    passages = list(dict.fromkeys(" ".join(words[at : at + length]) for at in starts))
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(quote)

    def similarity(passage: str, quick: bool) -> float:
        matcher.set_seq1(passage)
        return matcher.quick_ratio() if quick else matcher.ratio()

    passages.sort(key=lambda passage: similarity(passage, quick=True), reverse=True)
    return max(passages[:CANDIDATES], key=lambda passage: similarity(passage, quick=False))


def _report(study: str, quotes: list[Quote], sources: Mapping[str, str]) -> int:
    """Print the missing quotes of a study and a summary; return 1 if any is missing."""
    source, missing = match_source(quotes, sources)
    for quote in missing:
        nearest = nearest_passage(quote.text, sources[source]) if source and quote.text else None
        hint = f'; nearest: "{nearest.replace(MARK, "")}"' if nearest else ""
        line = f'{study}: {quote.entry}: not found: "{quote.text}"{hint}'
        print(one_line(line, LONGEST_LINE))
    where = f" in {source}" if source else ""
    print(one_line(f"{study}: {len(quotes) - len(missing)} of {len(quotes)} quotes found{where}"))
    return int(bool(missing))
