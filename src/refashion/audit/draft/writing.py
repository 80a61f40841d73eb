"""The files of a draft: `study.yaml`, `claims.yaml`, and a model that is still to be described."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from refashion.audit.draft.drafting import Draft, DraftedLine
from refashion.audit.draft.runs import UNDESCRIBED, DraftedRun
from refashion.shortening import shortened
from refashion.spec.fields import RESERVED_WORDS
from refashion.spec.strict_yaml import INVISIBLE
from refashion.spec.writing import RULE, in_line, quoted

WIDTH = 100
LONGEST_TITLE = 200
# Headings that are no title of a document.
SECTIONS = ("abstract", "introduction", "summary", "overview", "background", "contents", "data")
# A training of more minutes than these is none that everybody wants to run.
LONG = 60

# Words of the document, in quotes.
TEXTS = ("where", "quote", "reported", "doubt")

SCHEMA = "# yaml-language-server: $schema=../study.schema.json\n"
HEAD = """\
#
# Drafted by `refashion new-study --from` from what a program read. docs/guide/add-your-report.md
# explains the keys. Decide before you run:
"""
CLAIMS = """\
# What the document says, in its order, as a program read it. Compare each claim with the document.
# A claim in a comment lacks something, which stands above it.
#
"""
MODEL = '''\
"""A model that is still to be described: its runs fail with a message, and nothing is judged."""

from refashion.errors import ConfigError

DETERMINISTIC = True  # one seed is enough to fail
TASKS = ("classification", "regression")


def build(*, n_outputs: int):
    raise ConfigError(
        "model: undescribed; the draft could not tell what this model is; accepted: in study.yaml, "
        "model: keras with its layers, the import path of an estimator, or a module of your own"
    )
'''


def write(draft: Draft, folder: Path) -> None:
    """Write the files of a draft into a folder."""
    (folder / "study.yaml").write_text(study(draft), encoding="utf-8")
    (folder / "claims.yaml").write_text(claims(draft), encoding="utf-8")
    if any(run.model == UNDESCRIBED for run in draft.runs):
        (folder / "models").mkdir()
        (folder / "models" / f"{UNDESCRIBED}.py").write_text(MODEL, encoding="utf-8")


def study(draft: Draft) -> str:
    """Return the text of `study.yaml`."""
    return "\n".join(_study(draft)) + "\n"


def _study(draft: Draft) -> Iterator[str]:
    name = draft.source.audit.document.name
    yield SCHEMA + HEAD.rstrip()
    for number, text in enumerate(draft.decisions, start=1):
        yield from _comment(f"{number}. {text}", "#  ", "#     ")
    yield f"title: {quoted(_title(draft))}"
    yield "source:"
    yield f"  citation: {quoted(name)}  # authors, year, title"
    yield '  note: "Drafted from the document by a program."'
    data = draft.data
    if data.known:
        yield f"dataset: {_inline(data.dataset)}"
    else:
        yield "dataset:  # to be described; without the file, the runs have no data"
        yield from (f"  {key}: {_inline(value)}" for key, value in data.dataset.items())
    yield ""
    yield "split:"
    yield from (f"  {key}: {_inline(value)}" for key, value in data.split.items())
    yield f"preprocess: {_inline(data.preprocess)}"
    if draft.asks_for("log_loss", "train"):
        yield "train_score: true"
    if draft.asks_for("confusion_matrix", "train"):
        yield "confusion_matrix_train: true"
    yield from _assumes(data.assumes, "")
    yield ""
    yield "runs:"
    for run in draft.runs:
        yield from _run(run)


def _title(draft: Draft) -> str:
    headings = draft.source.audit.readings.headings[:1]
    titles = [each.text for each in headings if each.text.lower() not in SECTIONS]
    title = titles[0] if titles else draft.source.audit.path.stem
    return shortened(INVISIBLE.sub(" ", title), LONGEST_TITLE) or "A report"


def _run(run: DraftedRun) -> Iterator[str]:
    epochs = run.settings.get("epochs", 0)
    minutes = max(run.minutes, 0.02 * epochs)
    yield f"  {run.name}:"
    yield f"    title: {quoted(shortened(run.title, LONGEST_TITLE))}"
    yield f"    group: {'long' if minutes > LONG else 'headline'}"
    yield f"    minutes: {minutes:.3g}  # roughly"
    if run.unclear:
        yield from _comment(f"To be described: {run.unclear}.", "    # ", "    # ")
        if run.stated:
            yield from _comment(f"Stated: {'; '.join(run.stated)}.", "    # ", "    # ")
    yield f"    model: {run.model}"
    if run.settings:
        yield "    settings:"
        for key, value in run.settings.items():
            yield from _setting(key, value)
    yield from _assumes(run.assumes, "    ")
    yield ""


def _setting(key: str, value: Any) -> Iterator[str]:
    if key == "layers" and isinstance(value, list):
        yield "      layers:"
        yield from (f"        - {_inline(layer)}" for layer in value)
    else:
        yield f"      {_key(key)}: {_inline(value)}"


def _assumes(assumes: Mapping[str, str], indent: str) -> Iterator[str]:
    if assumes:
        yield f"{indent}assumes:"
        yield from (f"{indent}  {_key(key)}: {quoted(why)}" for key, why in assumes.items())


def _inline(value: Any) -> str:
    """Write a value on one line, names without quotes."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(k)}: {_inline(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return _key(value) if isinstance(value, str) else in_line(value)


def _key(text: str) -> str:
    """Write a name as it is if no parser of YAML can take it for anything else."""
    is_plain = re.fullmatch(r"[A-Za-z]\w[\w.]*", text, re.ASCII)
    return text if is_plain and text.lower() not in RESERVED_WORDS else quoted(text)


def claims(draft: Draft) -> str:
    """Return the text of `claims.yaml`."""
    lines = [CLAIMS + RULE.rstrip()]
    if draft.left_out:
        lines.append(f"# Left out, because there are too many: {draft.left_out:,} more numbers.")
    # Without a claim that stands, the list is empty, and comments stay where they belong.
    stands = any(not line.entry.lacks for line in draft.claims)
    lines.append("claims:" if stands else "claims: []")
    for line in draft.claims:
        lines += _claim(line)
    if draft.untestable:
        lines.append("")
        lines.append("untestable:")
        for line in draft.untestable:
            lines.append(f"  - where: {quoted(line.where)}")
            lines.append(f"    quote: {quoted(line.quote)}")
            lines.append(f"    why: {quoted(line.entry.why)}")
    return "\n".join(lines) + "\n"


def _claim(line: DraftedLine) -> Iterator[str]:
    entry = line.entry
    written = [*_keys(line.claim)]
    if entry.lacks:
        yield from _comment(f"Lacks: {entry.lacks.rstrip('.?')}.", "  # ", "  # ")
    if entry.doubts:
        yield from _comment(f"Doubt: {'; '.join(entry.doubts)}.", "  # ", "  # ")
    mark = "  # " if entry.lacks else "  "
    yield from (f"{mark}{text}" for text in written)


def _keys(claim: Mapping[str, Any]) -> Iterator[str]:
    for at, (key, value) in enumerate(claim.items()):
        indent = "- " if at == 0 else "  "
        if key == "rows":
            yield f"{indent}rows:"
            yield from (f"    {_key(row)}: {quoted(cells)}" for row, cells in value.items())
        elif key in TEXTS:
            yield f"{indent}{key}: {in_line(value)}"
        else:
            yield f"{indent}{key}: {_inline(value)}"


def _comment(text: str, first: str, then: str) -> Sequence[str]:
    """Write a comment: no text of the document can end it and begin something else."""
    plain = " ".join(INVISIBLE.sub(" ", text).split())
    return textwrap.wrap(
        plain, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False
    )
