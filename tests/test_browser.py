"""The report in a real browser: opened from disk, as a reader opens it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from support.page_text import squeezed
from support.reader import CHROMIUM, Reader
from support.sample import CHECKS, HOSTILE, STUDY, Sample, sample

pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="there is no chromium here (on Debian: apt install chromium)"
)

CLAIM = f"{STUDY}-claim-gru_loss"
PAGES = {
    "overview": "index.html",
    "ledger": "ledger.html",
    "search": "search.html",
    "chapter": f"studies/{STUDY}.html",
    "run": f"notebooks/{STUDY}/cnn/seed-0.html",
    "failed run": f"notebooks/{STUDY}/gru/seed-1.html",
    "provenance": "provenance.html",
}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Sample:
    """Render a study with two runs and two seeds, of which one run failed once."""
    how = {"statuses": {("gru", 1): "failed"}, "checks": CHECKS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("refashion.render.render.write_pdf", lambda *_: None)
        made = sample(tmp_path_factory.mktemp("browser"), project, **how).render()
    made.layout.report_pdf.touch()
    return made


@pytest.fixture
def reader(browser: Browser, report: Sample) -> Iterator[Reader]:
    """Open a window of a usual size."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield Reader(context.new_page(), report.layout.report)
    context.close()


@every_page
def test_nothing_leaves_the_folder_and_nothing_goes_wrong(reader, page):
    reader.open(page)
    reader.page.wait_for_load_state("load")
    assert reader.complaints == []
    folder = reader.report.as_uri()
    assert [url for url in reader.requests if not url.startswith((folder, "data:"))] == []


@every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(reader, page, scheme):
    reader.page.emulate_media(color_scheme=scheme)
    reader.open(page)
    found = Axe().run(reader.page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


@every_page
@pytest.mark.parametrize("width", [320, 390, 1024, 2560])
def test_no_width_scrolls_sideways(reader, page, width):
    reader.page.set_viewport_size({"width": width, "height": 800})
    reader.open(page)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


@every_page
def test_dark_mode_is_dark(reader, page):
    colours = []
    for scheme in ("light", "dark"):
        reader.page.emulate_media(color_scheme=scheme)
        reader.open(page)
        colours.append(reader.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
    assert dark < 150 < 600 < light


def test_the_overview_is_small_and_soon_there(reader):
    page = reader.open("index.html")
    assert (reader.report / "index.html").stat().st_size < 5_000_000
    timing = "performance.getEntriesByType('navigation')[0].domInteractive"
    assert page.evaluate(timing) < 1000


def test_filters_narrow_the_ledger_and_stand_in_its_address(reader):
    page = reader.open("ledger.html")
    everything = reader.claims()
    assert len(everything) == 8
    page.select_option("select[name=run]", f"{STUDY}/gru")
    assert reader.claims() == [claim for claim in everything if "-gru_" in claim]
    page.fill("input[name=q] >> nth=1", "log loss")
    assert reader.claims() == [CLAIM]
    assert "run=" in page.url and "q=log+loss" in page.url
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert reader.claims() == [CLAIM]
    page.click("text=Clear filters")
    assert reader.claims() == everything
    assert "?" not in page.url


def test_a_line_opens_in_place_and_gives_its_link_and_its_citation(reader):
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = reader.open("ledger.html")
    line = page.locator(f"tr[id='{CLAIM}']")
    assert not line.locator(".citation").is_visible()
    line.locator("summary").press("Enter")
    described = line.locator("svg[role=img] desc").text_content()
    assert "Reported: " in described and "Re-created: " in described
    line.locator("text=Copy citation").click()
    line.locator("button:has-text('Copied')").wait_for()
    citation = page.evaluate("navigator.clipboard.readText()")
    address = f"{(reader.report / 'ledger.html').as_uri()}#{CLAIM}"
    assert "Verdict: " in citation and citation.endswith(f" {address}")
    line.locator("text=Copy link").click()
    expect(line.locator("button:has-text('Copied')")).to_have_count(2)
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_columns_without_a_number_are_not_shown(reader):
    page = reader.open("ledger.html")
    assert page.locator("#lines thead th:visible").count() == 6
    page.select_option("select[name=kind]", "consistency")
    assert page.locator("#lines thead th:visible").all_text_contents() == ["Claim", "Verdict"]
    page.select_option("select[name=kind]", "value")
    assert page.locator("#lines thead th:visible").count() == 6


def test_checks_that_say_nothing_are_shown_when_asked_for(reader):
    vacuous = f"{STUDY}-claim-restated"
    page = reader.open("ledger.html")
    assert vacuous not in reader.claims()
    page.select_option("select[name=vacuous]", "shown")
    assert vacuous in reader.claims()
    reader.open("index.html")
    page = reader.open(f"ledger.html?#{vacuous}")
    assert page.locator("tr.asked").get_attribute("id") == vacuous
    assert "vacuous=shown" in page.url


def test_an_address_leads_to_a_line_and_a_verdict(reader):
    page = reader.open(f"ledger.html?study={STUDY}&kind=value#{CLAIM}")
    assert page.locator("tr.asked").get_attribute("id") == CLAIM
    assert page.locator("tr.asked details").get_attribute("open") is not None
    verdict, standing = page.locator("tr.asked").get_attribute("data-verdict").split()
    for name in (verdict, standing):
        reader.open(f"ledger.html?verdict={name}")
        lines = page.locator("#lines tr[id]").all()
        assert lines and all(name in line.get_attribute("data-verdict").split() for line in lines)
    assert reader.open("ledger.html?verdict=fails").locator("#lines tr[id]").count() == 0


def test_counts_of_the_overview_lead_to_their_lines(reader):
    links = reader.open("index.html").locator("a[href^='ledger.html?']").all()
    counts = {link.get_attribute("href"): link.text_content() for link in links}
    assert any("kind=Numbers" in address for address in counts)
    big = reader.page.locator(".glance li").all_text_contents()
    words = {text.split(maxsplit=2)[2]: int(text.split()[1]) for text in big}
    assert words
    for address, text in counts.items():
        n = words[text] if text in words else int(text)
        assert reader.open(address).locator("#lines tr[id]").count() == n


def test_the_ledger_sorts_by_number_with_the_keyboard(reader):
    page = reader.open("ledger.html?kind=value")
    cells = page.locator("td:nth-child(3)")
    ascending = sorted(cells.all_text_contents(), key=float)
    assert ascending != cells.all_text_contents()
    page.locator("th:nth-child(3) [role=button]").focus()
    # The lines are put in order a moment after the key.
    page.keyboard.press("Enter")
    expect(cells).to_have_text(ascending)
    page.keyboard.press("Enter")
    expect(cells).to_have_text(ascending[::-1])


def test_from_number_to_ledger_to_notebook_and_back(reader):
    page = reader.open(f"studies/{STUDY}.html")
    page.click(f"a[href='../ledger.html#{CLAIM}']")
    page.wait_for_selector("html[data-ready]")
    line = page.locator("tr.asked")
    assert line.get_attribute("id") == CLAIM
    line.locator("text=notebook").click()
    page.wait_for_url("**/gru/seed-0.html")
    assert page.locator("dl.facts, h1").first.is_visible()
    page.click("text=Claims of this run")
    page.wait_for_selector("html[data-ready]")
    assert CLAIM in reader.claims()
    page.locator(f"tr[id='{CLAIM}'] summary").press("Enter")
    page.locator(f"tr[id='{CLAIM}'] a.claim").click()
    page.wait_for_url(f"**/studies/{STUDY}.html#{CLAIM}")


def test_the_search_of_every_page_finds_sections_and_claims(reader):
    page = reader.open(f"studies/{STUDY}.html")
    page.fill("header input", "recurrent network")
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready]")
    assert page.locator("td:first-child >> text=The recurrent network").count() == 1
    page.fill("#filters input", "zebra")
    assert page.locator("#lines a").count() == 0


def test_curves_and_cells_tell_exact_values(reader):
    page = reader.open(f"studies/{STUDY}.html")
    page.wait_for_load_state("load")
    told = {
        title for frame in page.frames for title in frame.locator("svg title").all_text_contents()
    }
    assert "CNN, training, epoch 1: 1 (1 to 1, 2 seeds)" in told
    assert any(text.startswith("Shirt taken for Shirt: ") for text in told)


def test_hostile_text_is_shown_and_never_run(reader):
    for address in PAGES.values():
        page = reader.open(address)
        assert page.locator("main script").count() == 0
    page = reader.open("ledger.html")
    assert squeezed(HOSTILE) in squeezed(page.locator("#lines").text_content())
    page.fill("#filters input", HOSTILE)
    assert reader.complaints == []


def test_without_a_script_the_ledger_is_a_plain_table(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report.layout.report / "ledger.html").as_uri())
    assert page.locator("#lines tbody tr").count() == 9
    assert not page.locator("#filters").is_visible()
    context.close()


def test_on_paper_there_is_neither_bar_nor_contents(reader):
    reader.page.emulate_media(media="print", color_scheme="dark")
    page = reader.open(f"studies/{STUDY}.html")
    assert not page.locator(".bar").is_visible()
    assert not page.locator(".contents").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_chapter_opens_with_its_claims_and_sorts_them_with_the_keyboard(reader):
    page = reader.open(f"studies/{STUDY}.html")
    glance = page.locator(f"figure[id='{STUDY}-glance']")
    assert glance.bounding_box()["y"] < page.locator("h2").first.bounding_box()["y"]
    strip = glance.locator(".strip").first.bounding_box()
    dot = glance.locator(".dot, .beyond").first.bounding_box()
    assert strip["x"] - 8 <= dot["x"] <= strip["x"] + strip["width"]
    reported = glance.locator("td:nth-child(2)")
    ascending = sorted(reported.all_text_contents(), key=float)
    glance.locator("th:nth-child(2) button").focus()
    page.keyboard.press("Enter")
    expect(reported).to_have_text(ascending)
    page.keyboard.press("Enter")
    expect(reported).to_have_text(ascending[::-1])


def test_the_values_of_a_figure_are_there_for_the_keyboard(reader):
    page = reader.open(f"studies/{STUDY}.html")
    fold = page.locator("details:has(.values)").first
    assert not fold.locator("li").first.is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("li").first.is_visible()
