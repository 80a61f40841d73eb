"""Narratives that are wrong, or meant to do harm: the report is there, and says which and where."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pypdf
import pytest

from refashion import artifacts
from refashion.ledger import rows as ledger_rows
from refashion.render.chapter import chapters
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site import pandoc
from refashion.render.site.site import nodes
from refashion.render.text import prose
from refashion.render.text.cache import TextCache
from support.page_text import squeezed
from support.sample import EMPTY, STUDY, Sample, sample

# What never ends fails here; how long it takes is not asked.
pytestmark = pytest.mark.timeout(120)

NARRATIVE = f"studies/{STUDY}/narrative.md"

# A template, the line of the mistake, and what is said of it.
MISTAKES = {
    "unknown function": ("\n\n{{ valu('cnn', 'accuracy') }}", 3, "no function 'valu'.*'value'"),
    "unknown function in a branch not taken": (
        "{% if ran('cnn') %}\na\n{% else %}\n{{ valu('cnn') }}\n{% endif %}",
        *(4, "no function 'valu'"),
    ),
    "unknown run": ("a {{ ran('cmn') }}", 1, "no run 'cmn'.*did you mean 'cnn'"),
    "unknown run in a value": ("\n{{ value('cmn', 'accuracy') }}", 2, "no run 'cmn'"),
    "unknown run in a comparison": ("{{ standing('cnn', 'grv', 'accuracy') }}", 1, "no run 'grv'"),
    "unknown metric": ("\n{{ value('cnn', 'accurcy') }}", 2, "no metric 'accurcy'.*'accuracy'"),
    "unknown split": ("{{ value('cnn', 'accuracy', 'tset') }}", 1, "no split 'tset'.*'test'"),
    "unknown setting": ("{{ setting('cnn', 'dropot') }}", 1, "no setting 'dropot'.*'dropout'"),
    "part of a number": ("{{ setting('cnn', 'units.0.1') }}", 1, "'units.0' is not nested"),
    "place in a list": ("{{ setting('cnn', 'filters.99') }}", 1, "no setting filters '99'"),
    "unknown key": ("{{ given('preproces.a') }}", 1, "no key 'preproces'.*'preprocess'"),
    "key of something else": ("{{ given('claims.0.quote') }}", 1, "no key 'claims'"),
    "no number": ("{{ percent('split.test') }}", 1, "'split.test' is .*, not a number"),
    "not assumed": ("{{ why('cnn', 'nothing') }}", 1, "no assumed setting 'nothing'"),
    "unknown claim": ("\n\n\n{{ reported('cnn_acuracy') }}", 4, "no claim.*'cnn_accuracy'"),
    "unknown fact": ("{{ dataset('titel') }}", 1, "no fact about the dataset 'titel'.*'title'"),
    "unknown class": ("{{ class_score('cnn', 'Shrit') }}", 1, "no class 'Shrit'.*'Shirt'"),
    "unknown score": ("{{ best_class('cnn', 'recal') }}", 1, "no score 'recal'.*'recall'"),
    "split of a matrix": (
        "{{ figure_confusion_matrix('cnn', 'validation') }}",
        *(1, "no split of a confusion matrix 'validation'"),
    ),
    "unknown run of a figure": ("{{ figure_history('cnn', 'x') }}", 1, "no run 'x'"),
    "no argument": ("{{ value('cnn') }}", 1, r"value\(...\): missing.*'metric'; it takes run, "),
    "too many": ("{{ n_classes('a') }}", 1, r"n_classes\(...\): too many.*; it takes no arguments"),
    "a number": ("{{ title(3) }}", 1, r"title\(...\) takes strings in quotes, not 3"),
    "a list": ("{{ title(['cnn']) }}", 1, r"takes strings in quotes, not \["),
    "unknown option": ("{{ title(name='cnn') }}", 1, r"title\(...\):.*it takes run"),
    "not called": ("{{ value }}", 1, r"'value' is a function; call it as value\(...\)"),
    "unknown name": ("{{ vale }}", 1, "no function 'vale'"),
    "no tag": ("a\n{% fi %}", 2, "unknown tag 'fi'"),
    "no end": ("a\n{% if ran('cnn') %}\nb", 3, "Unexpected end of template"),
    "no condition": ("a\n{% if %}", 2, "Expected an expression"),
    "an unclosed brace": ("a {{ value('cnn' ", 1, "unexpected end of template"),
    "two commas": ("{{ value('cnn',, 'a') }}", 1, "unexpected ','"),
    "arithmetic": ("\n{{ 1/0 }}", 2, "arithmetic is not allowed"),
    # What would reach an object, another file, or more than a known time and memory.
    "bare attribute": ("{{ source('parse_raw')('{}') }}", 1, "only a function can be called"),
    "attribute of a source": (
        "{{ source('parse_raw') }}",
        1,
        "about the source 'parse_raw'",
    ),
    "dunder of a source": ("{{ source('__class__') }}", 1, "fact about the source"),
    "attribute of a dataset": ("{{ dataset('read') }}", 1, "no fact about the dataset 'read'"),
    "classes": (
        "{{ ''.__class__.__mro__ }}",
        1,
        "an attribute .a dot after a name. is not allowed",
    ),
    "attribute of a function": ("{{ value.__globals__ }}", 1, "an attribute"),
    "index": ("{{ classes()[0] }}", 1, r"an index \[ \] is not allowed"),
    "attr filter": ("{{ value|attr('__self__') }}", 1, r"filter \(\|\) is not allowed|No filter"),
    "format": ("{{ '{0.__class__}'.format(1) }}", 1, "only a function can be called"),
    "format filter": ("{{ '%999999999d'|format(1) }}", 1, "No filter|not allowed"),
    "center": ("{{ 'a'|center(10**10) }}", 1, "No filter|not allowed"),
    "pprint": ("{{ value|pprint }}", 1, "No filter|not allowed"),
    "test": ("{{ value is defined }}", 1, "No test|not allowed"),
    "lipsum": ("{{ lipsum(n=10000) }}", 1, "no function 'lipsum'"),
    "cycler": ("{{ cycler('a').next() }}", 1, "only a function can be called"),
    "namespace": ("{{ namespace() }}", 1, "no function 'namespace'"),
    "self": ("{{ self }}", 1, "no function 'self'"),
    "caller": ("{{ self._TemplateReference__context }}", 1, "an attribute"),
    "set": ("{% set a = 'a' %}", 1, "{% set %} is not allowed"),
    "macro": ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", 1, "{% macro %} is not allowed"),
    "call": ("{% call title('cnn') %}{% endcall %}", 1, "{% call %} is not allowed"),
    "block": ("{% block a %}{% endblock %}", 1, "{% block %} is not allowed"),
    "filter block": ("{% filter upper %}{% endfilter %}", 1, "No filter|not allowed"),
    "include": ("a\n{% include '../../config.yaml' %}", 2, "{% include %} is not allowed"),
    "import": ("{% import 'report/summary.md' as a %}", 1, "{% import %} is not allowed"),
    "from": ("{% from 'a' import b %}", 1, "{% from %} is not allowed"),
    "extends": ("{% extends 'report/summary.md' %}", 1, "{% extends %} is not allowed"),
    "endless loop": ("\n{% for i in range(10**9) %}a{% endfor %}", 2, "a list in brackets"),
    "nested loops": (
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        *(1, "a list in brackets"),
    ),
    "nested lists": (
        "{% for i in [LIST] %}{% for j in [LIST] %}{% for k in [LIST] %}"
        "{% endfor %}{% endfor %}{% endfor %}".replace("LIST", ", ".join(["'a'"] * 100)),
        *(1, "loops of more than 10,000 iterations"),
    ),
    "letters of a loop": ("{% for i in classes() %}{% endfor %}", 1, "a list in brackets"),
    "doubling by loops": (
        "{% for a in ['x' ~ 'x'] %}{% for b in [a ~ a] %}{{ b }}{% endfor %}{% endfor %}",
        *(1, "names in quotes"),
    ),
    "recursive loop": (
        "{% for i in ['a'] recursive %}{{ loop(['a']) }}{% endfor %}",
        *(1, "a list in brackets"),
    ),
    "many letters": ("{{ 'a' * 10**10 }}", 1, "arithmetic is not allowed"),
    "power": ("{{ 9**9**9**9 }}", 1, "arithmetic is not allowed"),
    "long text": (f"{{{{ '{'a' * 1000}' }}}}", 1, "a string of more than 200"),
    "deep conditions": ("{% if ran('cnn') %}" * 60 + "{% endif %}" * 60, 1, "nested deeper"),
    "deep brackets": ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", None, "nested too deeply"),
    "deep nots": ("{{ " + "not " * 5000 + "1 }}", None, "nested too deeply"),
    "openings of comments": ("<!--" * 200_000, 1, "Missing end of comment"),
    "openings of values": ("{{" * 200_000, None, "nested too deeply"),
    "openings of tags": ("{%" * 200_000, 1, "tag name expected"),
    "openings of raw blocks": ("{% raw %}" * 90_000, None, "Missing end of raw"),
    "starred": ("{{ title(*['cnn']) }}", 1, "is not allowed"),
    "much text": (
        "{% for i in [LIST] %}TEXT{% endfor %}".replace("LIST", ", ".join(["'a'"] * 5000)).replace(
            "TEXT", "word " * 500
        ),
        *(None, "more than 4 million characters"),
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, project: Path):
    """Give results of a study with two runs, one of which failed once; figures are empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("refashion.figures.style.to_svg", lambda figure: plt.close(figure) or EMPTY)
        how = {"statuses": {("gru", 1): "failed"}}
        yield sample(tmp_path_factory.mktemp("made"), project, **how)


@pytest.fixture(scope="module")
def outcomes(made: Sample) -> Outcomes:
    entries = ledger_rows.read(made.layout.study_verdicts(STUDY), made.config)
    return Outcomes(made.config, made.config.studies[STUDY], made.layout, entries)


def write_chapter(outcomes: Outcomes, root: Path) -> chapters.Part:
    """Write the chapter as if its study stood in another project."""
    folder = (root / NARRATIVE).parent
    study = outcomes.study.model_copy(update={"folder": folder})
    return chapters.write_chapter(replace(outcomes, study=study), root)


def chapter(outcomes: Outcomes, root: Path, text: str) -> chapters.Part:
    artifacts.write_text(root / NARRATIVE, text)
    return write_chapter(outcomes, root)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_the_ledger_stays(name, outcomes, tmp_path):
    text, line, said = MISTAKES[name]
    part = chapter(outcomes, tmp_path, text)
    [problem] = part.problems
    assert problem.startswith(f"{NARRATIVE}:{line}: " if line else NARRATIVE)
    assert re.search(said, problem), problem
    assert len(problem) < 1000
    assert f"{STUDY}-claim-cnn_accuracy" in part.text
    assert f"{STUDY}-runs" in part.text


def link(path: Path) -> None:
    secret = path.parents[2] / "secret.txt"
    secret.write_text("SECRET")
    path.symlink_to(secret)


FILES = {
    "a folder": (lambda path: path.mkdir(), "", "is a folder"),
    "a pipe": (os.mkfifo, "", "is a pipe"),
    "a device": (
        lambda path: path.symlink_to("/dev/zero"),
        "",
        "a symbolic link that leaves its folder",
    ),
    "a link out": (link, "", "a symbolic link that leaves its folder"),
    "a link to itself": (lambda path: path.symlink_to(path), "", "link|cannot be read"),
    "a link to nothing": (lambda path: path.symlink_to("none.md"), "", "cannot be read"),
    "huge": (lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 10**9), "", "larger"),
    "Latin-1": (lambda path: path.write_bytes(b"a\nb\n\xe4\n"), ":3", "not UTF-8.*0xe4"),
    "UTF-16": (lambda path: path.write_text("a", "utf-16"), ":1", "not UTF-8"),
    "half a letter": (lambda path: path.write_bytes("a\nä".encode()[:-1]), ":2", "not UTF-8"),
    "surrogate": (lambda path: path.write_bytes(b"\xed\xa0\x80"), ":1", "not UTF-8"),
    "NUL": (lambda path: path.write_bytes(b"a\n\n\x00"), ":3", r"control character U\+0000"),
    "mark of ours": (lambda path: path.write_bytes(b"\x01a\x01"), ":1", r"U\+0001"),
    "escape": (lambda path: path.write_bytes(b"\x1b[2J"), ":1", r"U\+001B"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_narrative_is_a_regular_text_file_in_its_folder(name, outcomes, tmp_path):
    make, line, said = FILES[name]
    path = tmp_path / NARRATIVE
    path.parent.mkdir(parents=True)
    make(path)
    part = write_chapter(outcomes, tmp_path)
    [problem] = part.problems
    assert problem.startswith(f"{NARRATIVE}{line}: ")
    assert re.search(said, problem), problem
    assert "SECRET" not in part.text
    assert f"{STUDY}-claim-cnn_accuracy" in part.text


def test_a_narrative_may_be_a_link_within_its_folder(outcomes, tmp_path):
    path = tmp_path / NARRATIVE
    artifacts.write_text(path.with_name("draft.md"), "Words.")
    path.symlink_to("draft.md")
    assert write_chapter(outcomes, tmp_path).text.endswith("Words.")


# What stands before a heading, and whether a paragraph ends there.
BEFORE = {
    "a byte order mark": "\ufeff",
    "a block at its end": "{% if ran('cnn') %}text {% endif %}\n",
    "a block on its line": "text\n{% if ran('cnn') %}\nmore\n{% endif %}\n",
    "two blocks": "{% if ran('cnn') %}text{% if ran('cnn') %}{% endif %}{% endif %}\n",
    "a block in two lines": "text {% if ran(\n'cnn') %}\nmore {% endif %}\n",
    "a comment": "text <!-- why -->\n",
    "text": "text\n",
    "a value": "{{ title('cnn') }}\n",
    "a line end of Windows": "text {% if ran('cnn') %}{% endif %}\r\n",
    "a line end of old Macs": "text {% if ran('cnn') %}{% endif %}\r",
    "a comment with three hyphens": "text\n\n<!--- why --->\n\n",
    "a comment of two lines": "text <!-- why\nnot -->\n",
    "a block with hyphens": "text {%- if ran('cnn') -%} {%- endif -%}\n\n",
    "a value with hyphens": "text {{- title('cnn') -}}\n\n",
    "a raw block": "{% raw %}{{ a }} {% endif %}{% endraw %}\n",
}


@pytest.mark.parametrize("name", BEFORE)
def test_a_heading_is_one_whatever_stands_before_it(name, outcomes, tmp_path):
    (tmp_path / NARRATIVE).parent.mkdir(parents=True)
    (tmp_path / NARRATIVE).write_bytes(f"{BEFORE[name]}## Heading\n\nwords\n".encode())
    part = write_chapter(outcomes, tmp_path)
    assert not part.problems
    headings = [node for node in nodes(pandoc.read(part.text)) if node["t"] == "Header"]
    assert [node["c"][1][0] for node in headings] == [STUDY, "heading"]


def test_a_block_on_lines_of_its_own_parts_no_paragraph(outcomes, tmp_path):
    text = "one\n{% if ran('cnn') %}\ntwo\n{% else %}\nno\n{% endif %}\n<!-- why -->\nthree\n"
    part = chapter(outcomes, tmp_path, text)
    assert part.text.endswith("one\ntwo\nthree\n")


DEEP = {
    "quotes": ">" * 10_000,
    "brackets": "[" * 10_000,
    "links": "[a](" * 3_000,
    "lists": "".join(f"{'  ' * n}- a\n" for n in range(100)),
    "headings": "# a\n\n" * 30_000,
    "paragraphs": "a\n\n" * 80_000,
    "formulas": "$x$ " * 80_000,
    "columns": "|a" * 130_000 + "\n" + "|-" * 130_000 + "\n",
}


@pytest.mark.parametrize("name", DEEP)
def test_markdown_that_takes_too_long_or_is_too_much_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.setattr(pandoc, "READ_SECONDS", 5)
    parts = {"good": "# Good {#good}\n", "bad": f"# Bad {{#bad}}\n\n{DEEP[name]}"}
    with ThreadPoolExecutor(1) as threads, pytest.raises(pandoc.RejectedPartsError) as error:
        pandoc.read_parts(parts, TextCache(tmp_path), threads)
    assert list(error.value.reasons) == ["bad"]
    assert re.search(
        "stopped after \\d+ seconds|too deeply|more than the limit", error.value.reasons["bad"]
    )


def test_a_huge_narrative_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(prose, "MOST_SOURCE_BYTES", 10)
    (tmp_path / "a.md").write_text("a" * 10)
    assert prose.read_prose(tmp_path, "a.md") == "a" * 10


# What is written into a narrative, and what is said of it at its line; the chapter stays.
FAULTS = {
    "a link to nowhere": ("[see](#nowhere)", "link to '#nowhere': the report has no such anchor"),
    "a missing page": ("[see](legder.html)", "the report has no such page.*'ledger.html'"),
    "a path": ("[see](../../../../etc/passwd)", "the report has no such page"),
    "another host": ("[see](//a.example/b)", "the report has no such page"),
    "a script": ("[see](javascript:alert(1))", "links begin with http, https, mailto or #"),
    "a file of the machine": ("[see](file:///etc/passwd)", "links begin with"),
    "a missing picture": ("![a](none.png)", "image 'none.png': a report shows only"),
    "a picture elsewhere": ("![a](https://a.example/b.png)", "image 'https://a.example/b.png'"),
    "a picture of the machine": ("![a](/etc/passwd)", "image '/etc/passwd'"),
    "a picture in its text": ("![](data:image/png;base64,AAAA)", "image 'data:image/png"),
    "broken TeX": (r"$\frac{1}$", r"the formula .* is not valid TeX"),
    "unknown TeX": (r"$$\begin{foo}x\end{foo}$$", "the formula"),
}


@pytest.fixture(scope="module")
def faulty(made: Sample) -> Sample:
    """Render a report whose narrative has every fault, and figures, a PDF and all."""
    text = "## Words\n\n" + "".join(f"{fault}.\n\n" for fault, _ in FAULTS.values())
    artifacts.write_text(made.root / NARRATIVE, text + "{{ claims() }}\n\nLast words.\n")
    return made.render()


def problems(made: Sample) -> list[str]:
    told = artifacts.read_json(made.layout.report_problems)
    return [problem["message"] for problem in told["problems"]]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_line_and_the_chapter_stays(name, faulty):
    _, said = FAULTS[name]
    line = 3 + 2 * list(FAULTS).index(name)
    [problem] = [one for one in problems(faulty) if one.startswith(f"{NARRATIVE}:{line}: ")]
    assert re.search(said, problem), problem
    for text in (faulty.text, faulty.pdf_text):
        assert squeezed("Last words.") in squeezed(text)
        assert squeezed("This chapter has mistakes.") in squeezed(text)
        assert squeezed(problem[len(NARRATIVE) :][:20]) in squeezed(text)


def test_a_faulty_report_has_nothing_dead_and_nothing_foreign(faulty):
    chapter = (faulty.layout.report / "studies" / f"{STUDY}.html").read_text()
    assert not re.search(
        r"(href|src|data)=\"[^\"]*(passwd|javascript|a\.example|none|foo)", chapter
    )
    assert len(problems(faulty)) == len(FAULTS)


# What is written into a narrative that typst or pandoc refuses as a whole.
REFUSED = {
    "deep quotes": "> " * 45 + "a",
    "deep lists": "".join(f"{'    ' * n}- a\n\n" for n in range(40)),
    "brackets": "[" * 10_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_chapter_that_cannot_be_printed_is_printed_plainly(name, made, monkeypatch):
    # For the chapter that pandoc reads for minutes; enough for every other part, on a busy machine.
    monkeypatch.setattr(pandoc, "READ_SECONDS", 8)
    artifacts.write_text(made.root / NARRATIVE, f"## Words\n\nGood.\n\n{REFUSED[name]}\n")
    before = made.layout.verdicts_json.read_bytes()
    made.render()
    assert made.layout.verdicts_json.read_bytes() == before
    [problem] = problems(made)
    assert problem.startswith(NARRATIVE)
    assert squeezed("All runs, with their executed notebooks") in squeezed(made.pdf_text)
    assert squeezed("could not be written as intended") in squeezed(made.pdf_text)
    assert "All runs, with their executed notebooks" in made.text or "Good." in made.text


# Markdown of a chapter that may not get out of it.
CAPTURES = {
    "a heading of the first level": "# Other {#../../../escaped}\n\nwords",
    "one without number": "# Other {#cnn_vs_gru-/../../../escaped .unnumbered}\n\nwords",
    "one in a quote": "> # Other\n>\n> words",
    "one in a list": "- # Other\n\n  words",
    "an underlined one": "Other\n=====\n\nwords",
    "places twice": "## A {#a}\n\n## B {#a}\n\n[words]{#a} [see](#a)",
    "a place of another part": "[words]{#summary} `c`{#provenance} ![x](y){#ledger}",
    "the place of the chapter": "[words]{#cnn_vs_gru}",
    "a number of a figure": "words {{ ref('history') }} {{ ref('](javascript:a)') }}",
    "metadata": "---\ntitle: Other\n---\n\nwords\n\n% Other",
    "raw typst": '```{=typst}\n#read("/etc/passwd")\n```\n\nwords `#panic()`{=typst}',
    "raw HTML": "<script>alert(1)</script><iframe src=//a.example></iframe>\n\nwords",
    "an open fence": "::: {.notice}\n\nwords",
    "an open code block": "words\n\n```\n{% raw %}{{ a }}{% endraw %}",
}


@pytest.mark.parametrize("name", CAPTURES)
def test_a_chapter_stays_in_its_place(name, made):
    artifacts.write_text(made.root / NARRATIVE, CAPTURES[name])
    made.render()
    pages = {path.relative_to(made.layout.report).as_posix() for path in report_pages(made)}
    assert pages == {"index.html", f"studies/{STUDY}.html", "provenance.html", *TABLES}
    assert not list(made.root.parent.rglob("escaped*"))
    assert "words" in made.text_at(f"studies/{STUDY}.html")
    assert "words" not in made.text_at("provenance.html")
    entries = pypdf.PdfReader(made.layout.report_pdf).outline
    first, _, *last = [entry.title for entry in entries if not isinstance(entry, list)]
    assert (first, last) == ("Summary", ["Provenance", "The ledger"])


TABLES = ("ledger.html", "search.html")


def report_pages(made: Sample) -> list[Path]:
    return [path for path in made.layout.report.rglob("*.html") if "notebooks" not in path.parts]


def test_frames_that_fail_cost_no_ledger(made):
    artifacts.write_text(made.root / NARRATIVE, "## Words\n\nGood words.\n")
    summary = made.root / "report" / "summary.md"
    kept = summary.read_text()
    summary.write_text("# Summary {#summary .unnumbered}\n\n{{ nothing() }}\n")
    try:
        made.render()
    finally:
        summary.write_text(kept)
    [problem] = problems(made)
    assert problem.startswith("report/summary.md:3: no function 'nothing'")
    assert "Good words." in made.text and "could not be written" in made.text
    assert made.layout.report_pdf.exists()


def test_a_mended_narrative_leaves_no_problem(made):
    for text, attempts in (("{{ 1/0 }}", 1), ("{{ 1/0 }}", 1), ("Good.", 0)):
        before = artifacts.report_attempt(made.layout.report_problems)
        artifacts.write_text(made.root / NARRATIVE, text)
        made.render()
        assert len(problems(made)) == attempts
        assert artifacts.report_attempt(made.layout.report_problems) == before + attempts


@pytest.mark.parametrize("fault", ["{{ why('cnn', 'nothing') }}", "[" * 10_000])
def test_figures_of_a_chapter_that_was_given_up_do_not_stay(fault, made, monkeypatch):
    monkeypatch.setattr(pandoc, "READ_SECONDS", 2)
    artifacts.write_text(made.root / NARRATIVE, f"{{{{ figure_samples() }}}}\n\n{fault}\n")
    made.render()
    assert not (made.layout.report / "figures" / f"{STUDY}-samples.svg").exists()
    assert (made.layout.report / "figures" / f"{STUDY}-comparison.svg").exists()


def test_a_report_that_cannot_be_printed_at_all_is_one_page(made, monkeypatch):
    artifacts.write_text(made.root / NARRATIVE, "Good words.")
    template = made.root / "report" / "report.typ"
    kept = template.read_text()
    template.write_text("#panic(1)\n$body$")
    try:
        made.render()
    finally:
        template.write_text(kept)
    assert "panicked" in problems(made)[0]
    assert "The PDF of the report could not be created." in made.pdf_text
    assert "Good words." in made.text


# Markdown that is odd, and right.
ODD = (
    *("## \n\nx", "##### Deep", "## $x^2$ and `code` and *a*[^n]\n\n[^n]: note", "| a |\n|---|\n"),
    *("| a | b |\n|---|---|\n| c |", "| " * 60 + "|\n" + "|-" * 60 + "|\n" + "| a" * 60 + "|"),
    *("+---+---+\n| a | b |\n+===+===+\n| c     |\n+---+---+", "a\n:   b\n\n    c", "| a\n|   b"),
    *("- [ ] a\n- [x] b", "(@) a\n\n(@b) c\n\nsee (@b)", "H~2~O, x^2^, ~~no~~, [a]{.smallcaps}"),
    *(
        "word" * 1000,
        "`" + "x" * 1000 + "`",
        "```python\n" + "x" * 1000 + "\n```",
        "***",
        "\\newpage",
    ),
    *(
        "@cited [-@cited p. 3]",
        "&copy; &nbsp; &#0; &#xD800;",
        "a^[note^[in a note]]",
        "$$$$",
        "$ $",
    ),
    *("[a](https://a.example/%FF%00)", "<https://a.example>", "[a](mailto:a@a.example)", "[a][b]"),
    *(
        "$\\text{世}$",
        "$\\color{red}{x}$",
        '| a |\n|---|\n| b |\n\n: c {widths="1 2 999"}',
        "$\\sum_{i}^{n} \\mathbb{E}$",
    ),
    *(
        "\u202e reversed",
        "a\u200b\u200d\ufeffb",
        "e" + "\u0301" * 20,
        "\u2028 \u2029 \x85",
        "\ufffe",
    ),
    *(
        "::: {#a .notice}\n::: lead\nx\n:::\n:::",
        "> > > x",
        "1. a\n\n   1. b\n\n      - c",
        "#a #b @c",
    ),
)


def test_odd_markdown_is_shown_in_html_and_on_paper(made):
    text = "\n\n".join(f"Place {n}.\n\n{one}" for n, one in enumerate(ODD))
    artifacts.write_text(made.root / NARRATIVE, f"## Words\n\n{text}\n\nLast words.\n")
    made.render()
    assert problems(made) == []
    for shown in (made.text, made.pdf_text):
        assert "Last words." in shown
        for n in range(len(ODD)):
            assert squeezed(f"Place {n}.") in squeezed(shown)
