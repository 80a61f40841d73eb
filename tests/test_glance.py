"""Claims at a glance: differences on one axis, and strips that show them in HTML and on paper."""

import pytest

from refashion.ledger.entry import Cell, Entry, Judgement, Verdict
from refashion.ledger.glance import Distance, at_a_glance, distances_of
from refashion.render.chapter.glance import share, strip
from refashion.render.site import pandoc, sanitising
from refashion.spec.claims import ConsistencyClaim, OrderingClaim, TableClaim, ValueClaim

AT = {"where": "Table 1", "quote": "as stated", "run": "cnn"}


def number(verdict=Verdict.REPRODUCED, **judged):
    about = {"kind": "value", "metric": "accuracy", "split": "test", "tolerance": 0.01}
    claim = ValueClaim(id="a", **AT, **about, reported="0.90")
    return Entry("study", "source", claim, Judgement(verdict, **judged))


def test_ours_above_the_reported_number_lies_to_the_right():
    # The ledger counts the other way: reported minus re-created.
    entry = number(reproduced=0.92, lower=-0.03, upper=-0.01)
    assert distances_of(entry) == [pytest.approx((2, 1, 3))]
    assert distances_of(number(reproduced=0.89)) == [pytest.approx((-1, -1, -1))]
    assert distances_of(number(Verdict.NOT_RUN)) == []


def test_the_margin_of_a_statement_is_counted_in_half_widths_of_its_interval():
    about = {"than": ("gru",), "metric": "accuracy", "split": "test"}
    claim = OrderingClaim(id="o", **AT, kind="ordering", **about)
    judged = Judgement(Verdict.FAILS, reproduced=-0.02, lower=-0.03, upper=-0.01)
    entry = Entry("study", "source", claim, judged)
    assert distances_of(entry) == [pytest.approx((-2, -3, -1))]
    # Neither seeds nor examples leave any doubt.
    sure = Judgement(Verdict.HOLDS, reproduced=3, lower=3, upper=3)
    [gap] = distances_of(Entry("study", "source", claim, sure))
    assert ".beyond .above" in strip([gap], "holds", is_margin=True)


def test_each_number_of_a_table_counts_in_the_tolerance_of_its_column():
    about = {"kind": "table", "table": "runs", "split": "test", "columns": ["accuracy", "log_loss"]}
    tolerance = {"accuracy": 0.01, "log_loss": 0.1}
    claim = TableClaim.model_construct(id="t", **AT, **about, tolerance=tolerance)
    cells = [
        Cell("cnn", "accuracy", "90%", 0.91, Verdict.EXACT),
        Cell("cnn", "log_loss", "0.3", 0.25, Verdict.REPRODUCED),
        Cell("gru", "log_loss", "0.3", None, Verdict.NOT_RUN),
    ]
    entry = Entry("study", "source", claim, Judgement(Verdict.INCONCLUSIVE, cells=tuple(cells)))
    assert [gap.centre for gap in distances_of(entry)] == pytest.approx([1, -0.5])
    assert share(entry) == "2\u00a0✓"


def test_the_worst_verdicts_come_first_and_checks_have_no_strip():
    entries = [
        number(verdict, reproduced=0.9)
        for verdict in (Verdict.REPRODUCED, Verdict.NOT_REPRODUCED, Verdict.INCONCLUSIVE)
    ]
    check = ConsistencyClaim.model_construct(id="c", kind="consistency", **AT)
    entries.append(Entry("study", "source", check, Judgement(Verdict.INCONSISTENT)))
    shown = [entry.verdict for entry in at_a_glance(entries)]
    assert shown == [Verdict.NOT_REPRODUCED, Verdict.INCONCLUSIVE, Verdict.REPRODUCED]


def test_a_strip_keeps_its_places_on_a_page_and_on_paper(project):
    option = f"--lua-filter={project / 'report' / 'report.lua'}"
    near = strip(distances_of(number(reproduced=0.91, lower=-0.03, upper=0.01)), "reproduced")
    page = sanitising.clean_chapter(pandoc.convert(near, "html5", option))
    assert 'class="whisker" style="left: 33.5%; width: 66.5%"' in page
    assert 'class="dot" style="left: 66.5%"' in page
    paper = pandoc.convert(near, "typst", option)
    assert '#strip(((33.5, 66.5),), (66.5,), (), "reproduced");' in paper
    margin = pandoc.convert(strip([Distance(1, 0, 2)], "holds", is_margin=True), "typst", option)
    assert '#strip(((50, 33.5),), (66.5,), (), "holds", accepted: (50, 50));' in margin
    far = strip(distances_of(number(reproduced=0.99)), "not_reproduced")
    assert '(), (100,), "not_reproduced");' in pandoc.convert(far, "typst", option)


def test_a_strip_of_a_narrative_costs_no_chapter(project):
    option = f"--lua-filter={project / 'report' / 'report.lua'}"
    paper = pandoc.convert('[a [b]{.dot style="left: 1.2.3%; x"} c]{.strip}', "typst", option)
    assert '#strip((), (), (), "");' in paper
