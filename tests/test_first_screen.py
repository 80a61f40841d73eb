"""What a reader learns first: the order of the ledger, the findings, and their pictures."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from types import SimpleNamespace

import pytest

from refashion.ledger.entry import AssumedSetting, Cell, Entry, Judgement, Verdict
from refashion.ledger.importance import by_importance
from refashion.ledger.pictures import picture_of, share_bar
from refashion.ledger.standing import Standing, count_standings
from refashion.ledger.tables import NUMBERS, count_verdicts
from refashion.render.front.findings import confirmations, exact_matches, main_findings
from refashion.spec.claims import ConsistencyClaim, OrderingClaim, TableClaim, ValueClaim

AT = {"where": "Table 1", "quote": "as stated"}


def entry(claim, verdict, study="a", **judged):
    return Entry(study, "A report", claim, Judgement(verdict, **judged))


def number(name, verdict, reported="0.90", ours=0.9, **more):
    claim = ValueClaim(
        **AT | {"id": name, "kind": "value", "run": "cnn", "metric": "accuracy"},
        split="test",
        reported=reported,
        tolerance=0.01,
        **more,
    )
    gap = float(reported) - ours
    numbers = {"reproduced": ours, "lower": gap - 0.002, "upper": gap + 0.002, "seeds": 5}
    return entry(claim, verdict, **numbers)


def check(name, verdict, **more):
    numbers = {"values": ["0.31", "0.35"]}
    given = {"id": name, "kind": "consistency", "check": "same_value", "numbers": numbers}
    return entry(ConsistencyClaim(**AT, **given, **more), verdict, reason="0.31 is not 0.35.")


def ordering(name, verdict):
    claim = {"id": name, "kind": "ordering", "run": "cnn", "than": ("gru",), "split": "test"}
    made = OrderingClaim(**AT, **claim, metric="accuracy")
    return entry(made, verdict, reproduced=0.02, lower=0.01, upper=0.03, reason="So it is.")


def table(name, *verdicts):
    rows = {str(n): "0.5" for n, _ in enumerate(verdicts, start=1)}
    claim = {"id": name, "kind": "table", "run": "cnn", "table": "history", "columns": ("loss",)}
    made = TableClaim(**AT, **claim, rows=rows, tolerance=0.1)
    cells = tuple(Cell(row, "loss", "0.5", 0.5, v) for row, v in zip(rows, verdicts, strict=True))
    return entry(made, Verdict.INCONCLUSIVE, cells=cells)


def test_the_ledger_begins_with_what_matters():
    entries = [
        check("agrees", Verdict.INCONSISTENT, same_cause_as="clash"),
        ordering("not_run", Verdict.NOT_RUN),
        number("open", Verdict.INCONCLUSIVE),
        table("log", Verdict.REPRODUCED, Verdict.NOT_REPRODUCED),
        number("right", Verdict.REPRODUCED),
        check("clash", Verdict.INCONSISTENT),
        number("wide_of", Verdict.NOT_REPRODUCED, ours=0.8),
        number("far_off", Verdict.NOT_REPRODUCED, ours=0.1),
    ]
    found = [(row.entry.claim.id, row.number) for row in by_importance(entries)]
    assert found == [
        *(
            ("far_off", 0),
            ("wide_of", 0),
            ("clash", 0),
            ("right", 0),
            ("log", 2),
            ("open", 0),
            ("log", 0),
        ),
        *(("log", 1), ("not_run", 0), ("agrees", 0)),
    ]


def test_eleven_verdicts_come_to_four():
    counts = count_standings(dict.fromkeys(Verdict, 1))
    assert counts.pop(Standing.FITTED) == 1  # no verdict of a rule
    assert counts == {
        **{Standing.HOLDS: 4, Standing.OPEN: 2, Standing.AGAINST: 3, Standing.UNTESTED: 2}
    }


def test_what_a_search_was_fitted_to_is_no_finding():
    fitted = replace(number("fitted", Verdict.EXACT), fitted=("alpha",))
    missed = replace(number("missed", Verdict.NOT_REPRODUCED, ours=0.8), fitted=("alpha",))
    entries = [fitted, missed, number("open", Verdict.INCONCLUSIVE)]
    assert [row.entry.claim.id for row in by_importance(entries)] == ["missed", "open", "fitted"]
    assert confirmations(entries) == exact_matches(entries) == []
    found = AssumedSetting("cnn", "alpha", 1, "Found.", recovered="search")
    alike = replace(number("alike", Verdict.EXACT, "0.9012"), assumes=(found,), study="b")
    free = number("free", Verdict.EXACT)
    for select in (confirmations, exact_matches):
        assert [entry.claim.id for entry in select([alike, free])] == ["free", "alike"]
    # That it disagrees is evidence.
    counts = count_standings(count_verdicts(entries, NUMBERS))
    assert counts == {Standing.FITTED: 1, Standing.AGAINST: 1, Standing.OPEN: 1}
    assert "1 is fitted, not counted" in share_bar(counts).svg


class References:
    """Links as the text that they show."""

    def link(self, text, anchor, fallback):
        return f"{text} -> {anchor}"


def chapter(study, *entries):
    mine = [Entry(study, e.source, e.claim, e.judgement) for e in entries]
    made = SimpleNamespace(name=study, title=study.upper())
    return SimpleNamespace(
        study=made, entries=mine, searches={}, titles={"cnn": "CNN", "gru": "GRU"}
    )


def told(*chapters):
    return [(f.entry.study, f.entry.claim.id) for f in main_findings(chapters, References())]


def test_one_of_each_kind_is_told_and_of_different_studies():
    right, off = (
        number("right", Verdict.REPRODUCED),
        number("wide_of", Verdict.NOT_REPRODUCED, ours=0.1),
    )
    clash = check("clash", Verdict.INCONSISTENT)
    assert told(
        chapter("a", off, clash, right), chapter("b", clash, right), chapter("c", right)
    ) == [
        *(("a", "wide_of"), ("b", "clash"), ("c", "right")),
    ]
    assert told(chapter("a", off, clash)) == [("a", "wide_of"), ("a", "clash")]
    assert told(chapter("a", number("open", Verdict.INCONCLUSIVE))) == []


def test_where_all_holds_the_findings_say_so():
    entries = [number("right", Verdict.EXACT), *(ordering(n, Verdict.HOLDS) for n in ("x", "y"))]
    assert told(chapter("a", *entries)) == [("a", "x"), ("a", "y"), ("a", "right")]


def test_a_finding_is_a_sentence_that_a_layman_understands():
    off = chapter("a", number("wide_of", Verdict.NOT_REPRODUCED, ours=0.1))
    (found,) = main_findings([off], References())
    assert found.heading == "Accuracy, CNN, test -> a-claim-wide_of"
    plain = found.sentence.replace("\\", "")
    assert plain == (
        "The source prints 0.90. Our runs give 0.100. They are 80 times the tolerance apart."
    )


NAMES = {"svg": "http://www.w3.org/2000/svg"}


def test_a_picture_shows_both_numbers_tolerance_and_interval():
    drawn = picture_of(number("wide_of", Verdict.NOT_REPRODUCED, ours=0.8))
    root = ET.fromstring(drawn.svg)
    assert root.find("svg:title", NAMES).text == "Accuracy"
    said = root.find("svg:desc", NAMES).text
    assert "Reported: 0.90" in said and "Re-created: 0.800" in said and "± 0.01" in said
    shapes = {shape.get("class"): shape for shape in root}
    assert float(shapes["ours"].get("cx")) < float(shapes["band"].get("x"))
    assert float(shapes["stated"].get("x1")) > float(shapes["band"].get("x"))
    left, right = (
        float(root.findall("svg:line[@class='interval']", NAMES)[0].get(x)) for x in ("x1", "x2")
    )
    assert left < float(shapes["ours"].get("cx")) < right


def test_a_margin_is_drawn_beside_zero_and_nothing_without_numbers():
    root = ET.fromstring(picture_of(ordering("x", Verdict.HOLDS)).svg)
    shapes = {shape.get("class"): shape for shape in root}
    assert float(shapes["ours"].get("cx")) > float(shapes["stated"].get("x1"))
    assert picture_of(check("clash", Verdict.INCONSISTENT)) is None
    assert picture_of(number("endless", Verdict.INCONCLUSIVE, ours=float("inf"))) is None
    assert share_bar({}) is None


@pytest.mark.parametrize("text", ["0.90", "0.9"])
def test_a_picture_stays_within_its_frame(text):
    drawn = picture_of(number("wide", Verdict.INCONCLUSIVE, reported=text, ours=0.9000001))
    for shape in ET.fromstring(drawn.svg):
        for side in ("x", "x1", "x2", "cx"):
            assert 0 <= float(shape.get(side, 0)) <= 240
