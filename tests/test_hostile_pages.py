# ruff: noqa: E501 - one line a case
"""Hostile outputs and prose in a real browser: nothing runs, loads, asks or covers the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from refashion.render.site import pandoc, styles
from refashion.render.site.frame import fill_frame
from refashion.render.site.site import Page, Site
from support.notebook_pages import FOLLOWS, cell_of, printed, prints, shows, source_of
from support.reader import CHROMIUM, Reader

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here")

WIDTH = 1000
RUN = "window.ran=1;alert(1)"
FAR = "http://far.example/x"
# What HTML can hold that runs, loads, asks or covers.
HTML = {
    "script": f"<script>{RUN}</script>",
    "script in capitals": f"<SCRIPT\n>{RUN}</SCRIPT >",
    "script that is not closed": f"<script>{RUN}",
    "script from afar": f'<script src="{FAR}"></script>',
    "script as data": f'<script src="data:text/javascript,{RUN}"></script>',
    "module": f'<script type="module">{RUN}</script>',
    "handler of an image": f'<img src="x" onerror="{RUN}">',
    "handler without quotes": "<img src=x onerror=window.ran=1>",
    "handler after a slash": f'<img/src="x"/onerror="{RUN}">',
    "handler of an element that opens": f'<details open ontoggle="{RUN}">x</details>',
    "handler of a focus": f'<input autofocus onfocus="{RUN}"><p tabindex=1 autofocus onfocus="{RUN}">',
    "handler of an animation": f'<style>@keyframes a{{}}</style><p style="animation:a" onanimationstart="{RUN}">',
    "handler of a body": f'<body onload="{RUN}" onpageshow="{RUN}">',
    "handler in SVG": f'<svg onload="{RUN}"><script>{RUN}</script><animate onbegin="{RUN}" attributeName=x>',
    "link in SVG": f'<svg><a xlink:href="javascript:{RUN}"><text y="20">x</text></a></svg>',
    "use": f'<svg><use href="{FAR}#a"></use><image href="{FAR}"></image></svg>',
    "foreign object": '<svg><foreignObject><iframe srcdoc="<script>parent.ran=1</script>">',
    "handler in MathML": f'<math><mi xlink:href="javascript:{RUN}" onclick="{RUN}">x</mi></math>',
    "HTML in MathML": f'<math><annotation-xml encoding="text/html"><img src=x onerror="{RUN}">',
    "mutation": f'<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x onerror={RUN}>">',
    "mutation without script": f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    "mutation in a form": f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    "address of a script": f'<a href="javascript:{RUN}">x</a>',
    "address with entities": f'<a href="&#106;ava&Tab;script&colon;{RUN}">x</a>',
    "address with white space": f'<a href=" \x01java\nscript:{RUN}">x</a>',
    "address in mixed case": f'<a href="JaVaScRiPt:{RUN}">x</a>',
    "address of data": f'<a href="data:text/html,<script>{RUN}</script>">x</a>',
    "address of VBScript": '<a href="vbscript:msgbox(1)">x</a>',
    "address of a blob": '<a href="blob:null/x">x</a>',
    "address of another machine": '<a href="//far.example/x">x</a><a href="\\\\far.example\\x">y</a>',
    "address of a file": '<a href="file:///etc/passwd">x</a>',
    "ping": f'<a href="#x" ping="{FAR}" target="_top">x</a>',
    "map": f'<img usemap="#m" src="x"><map name="m"><area href="javascript:{RUN}" coords="0,0,999,999">',
    "image": f'<img src="{FAR}" srcset="{FAR} 2x" longdesc="{FAR}" dynsrc="{FAR}">',
    "image without scheme": '<img src="//far.example/x">',
    "image that is a page": f'<img src="data:text/html,<script>{RUN}</script>">',
    "picture": f'<picture><source srcset="{FAR}"><img src="{FAR}"></picture>',
    "video": f'<video poster="{FAR}" src="{FAR}" autoplay></video><audio src="{FAR}" autoplay></audio>',
    "track": f'<video><source src="{FAR}" onerror="{RUN}"><track src="{FAR}" default></video>',
    "background": f'<table background="{FAR}"><tr><td background="{FAR}">x</table><body background="{FAR}">',
    "input": f'<input type="image" src="{FAR}" onerror="{RUN}"><button formaction="javascript:{RUN}">x',
    "form": f'<form action="{FAR}"><input name="password" type="password"><button>Log in</button></form>',
    "frame": f'<iframe src="{FAR}" onload="{RUN}"></iframe><iframe src="javascript:parent.ran=1"></iframe>',
    "frame with a page in it": '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
    "frameset": f'<frameset><frame src="javascript:{RUN}"></frameset>',
    "object": f'<object data="javascript:{RUN}"></object><object data="{FAR}.svg"></object>',
    "embed": f'<embed src="{FAR}"><applet code="{FAR}"></applet><portal src="{FAR}">',
    "sheet": f'<link rel="stylesheet" href="{FAR}"><link rel="preload" as="image" href="{FAR}">',
    "sheet as data": '<link rel="stylesheet" href="data:text/css,body{display:none}">',
    "lookup": '<link rel="dns-prefetch" href="//far.example"><link rel="preconnect" href="//far.example">',
    "style": f"<style>body{{display:none}} @import url({FAR}); *{{background:url({FAR})}}</style>",
    "style that is not closed": "<style>body{display:none}",
    "cover": '<div style="position:fixed;inset:0;background:red;z-index:9">x</div>',
    "cover with escapes": '<div style="p\\6fsition:fixed;inset:0;background:red">x</div>',
    "cover with comments": '<div style="position/**/:/**/fixed;top:0;left:0;width:100vw;height:100vh">x',
    "cover by a margin": '<div style="margin:-999px 0 0 -999px;width:9999px;height:9999px">x</div>',
    "cover by a transform": '<div style="transform:scale(99);text-align:center">x</div>',
    "cover of several": '<p style="text-align:left;position:fixed;inset:0">x</p>',
    "cover by a class": '<a class="skip contents bar wide" href="#x" tabindex="9">x</a>',
    "dialog": "<dialog open>x</dialog><div popover id=p>x</div><button popovertarget=p autofocus>y",
    "marquee": f'<marquee onstart="{RUN}">x</marquee>',
    "base": '<base href="http://far.example/" target="_top">',
    "refresh": f'<meta http-equiv="refresh" content="0; url={FAR}">',
    "refresh to a script": f'<meta http-equiv="refresh" content="0; url=javascript:{RUN}">',
    "policy": '<meta http-equiv="Content-Security-Policy" content="style-src \'none\'">',
    "import": f'<link rel="import" href="{FAR}"><script type="importmap">{{}}</script>',
    "names of ours": '<p id="main">x<p id="lines">y<p id="filters">z<img name="getElementById">',
    "names that clobber": '<form id="document" name="location"><input name="attributes"></form>',
    "comment that is not closed": "<!-- ",
    "condition": f"<!--[if true]><script>{RUN}</script><![endif]-->",
    "text area that is not closed": "<textarea>",
    "plain text": "<plaintext>",
    "title": f"<title>x</title><title><script>{RUN}</script>",
    "template": f'<template><script>{RUN}</script></template><template shadowrootmode="open"><style>*{{}}',
    "slots": f'<x-y is="z" onclick="{RUN}"><slot name="x">',
    "ends of ours": "</div></div></div></div></pre></main></body></html>",
    "a table that is not closed": "<table><tr><td>x",
    "a select that is not closed": "<select><option>x",
    "a character that is none": f"<scr\0ipt>{RUN}</scr\0ipt><img src=x onerror\0={RUN}>",
    "XML": f'<?xml-stylesheet href="javascript:{RUN}"?><![CDATA[<script>{RUN}</script>]]>',
    "namespace": f'<html:script xmlns:html="http://www.w3.org/1999/xhtml">{RUN}</html:script>',
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{RUN}"><script>{RUN}</script>'
    f'<image href="{FAR}"/><style>@import url({FAR});</style><rect width="9" height="9"/></svg>'
)
MARKUP = HTML["script"] + HTML["handler of an image"] + HTML["cover"] + HTML["image"]
BREAKS_OUT = f'1 onerror={RUN} "><script>{RUN}</script>'
CELLS = {
    "PNG with metadata": cell_of(
        shows({"image/png": PNG}, {"image/png": {"width": BREAKS_OUT, "height": BREAKS_OUT}})
    ),
    "JPEG with metadata": cell_of(
        shows({"image/jpeg": PNG}, {"image/jpeg": {"width": BREAKS_OUT}, "unconfined": BREAKS_OUT})
    ),
    "JPEG with metadata for all": cell_of(shows({"image/jpeg": PNG}, {"width": BREAKS_OUT})),
    "PNG that ends its quotes": cell_of(shows({"image/png": f'{PNG}" onload="{RUN}'})),
    "PNG with a file name": cell_of(
        shows({"image/png": PNG}, {"filenames": {"image/png": FAR, "image/jpeg": FAR}})
    ),
    "SVG": cell_of(shows({"image/svg+xml": SVG})),
    "SVG in lines": cell_of(shows({"image/svg+xml": SVG.partition("<image")})),
    "mermaid": cell_of(shows({"text/vnd.mermaid": f"graph LR; a--></pre>{MARKUP}"})),
    "LaTeX": cell_of(shows({"text/latex": f"$\\href{{javascript:{RUN}}}{{x}}${MARKUP}"})),
    "JavaScript": cell_of(shows({"application/javascript": RUN, "text/plain": "x"})),
    "JavaScript alone": cell_of(shows({"application/javascript": RUN})),
    "widget": cell_of(shows({"application/vnd.jupyter.widget-view+json": {"model_id": MARKUP}})),
    "widget state": cell_of(shows({"application/vnd.jupyter.widget-state+json": MARKUP})),
    "PDF": cell_of(shows({"application/pdf": PNG})),
    "Vega": cell_of(shows({"application/vnd.vegalite.v5+json": {"data": {"url": FAR}}})),
    "kind that is a tag": cell_of(shows({MARKUP: MARKUP})),
    "JSON": cell_of(shows({"application/json": {"a": MARKUP}})),
    "plain text": cell_of(shows({"text/plain": MARKUP})),
    "Markdown": cell_of(shows({"text/markdown": f"# x\n\n[y](javascript:{RUN})\n\n{MARKUP}"})),
    "Markdown image": cell_of(shows({"text/markdown": f"![x]({FAR}) ![](javascript:{RUN})"})),
    "Markdown code": cell_of(shows({"text/markdown": f'``` x" onload="{RUN}\n{MARKUP}\n```'})),
    "result": cell_of({"output_type": "execute_result", "data": {"text/html": MARKUP}}),
    "stream": cell_of(prints(MARKUP)),
    "stream of a name": cell_of({**prints("x"), "name": f'"><script>{RUN}</script>'}),
    "colours": cell_of(
        prints(f'\x1b[31"onload="{RUN}mx\x1b[38;2;1;2;3m{MARKUP}\x1b]8;;{FAR}\x1b\\')
    ),
    "error": cell_of(
        {"output_type": "error", "ename": MARKUP, "evalue": MARKUP, "traceback": [MARKUP]}
    ),
    "error without a traceback": cell_of({"output_type": "error", "ename": MARKUP, "evalue": "x"}),
    "code": cell_of(source=f"x = '{MARKUP}' # </script>{MARKUP}"),
    "magic": cell_of(source=f"%%html\n{MARKUP}"),
    "cell metadata": {
        **cell_of(),
        "id": f'"><script>{RUN}</script>',
        "metadata": {"tags": [BREAKS_OUT], "name": MARKUP, "transient": {"remove_source": MARKUP}},
    },
    "execution count": {**cell_of(), "execution_count": MARKUP},
    "raw cell": {"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": MARKUP},
    "cell of an unknown kind": {"cell_type": MARKUP, "metadata": {}, "source": MARKUP},
    "Markdown cell": {"cell_type": "markdown", "metadata": {}, "source": f"*x*\n\n{MARKUP}"},
    "attachment": {
        "cell_type": "markdown",
        "metadata": {},
        "source": '![x](attachment:a) ![y](attachment:b "t")',
        "attachments": {"a": {f'image/png" onload="{RUN}': PNG}, "b": {"text/html": MARKUP}},
    },
}
OUTPUTS = {
    **{f"HTML: {name}": cell_of(shows({"text/html": html})) for name, html in HTML.items()},
    **{
        f"Markdown: {name}": {"cell_type": "markdown", "metadata": {}, "source": f"x\n\n{html}\n"}
        for name, html in HTML.items()
    },
    **CELLS,
}
PROSE = {
    "handler": f"[x]{{onload='{RUN}' onclick='{RUN}' onmouseover='{RUN}'}}",
    "handler of a block": f"::: {{onclick='{RUN}' style='position:fixed;inset:0;background:red'}}\nx\n:::",
    "handler of a heading": f"## x {{onclick='{RUN}' style='position:absolute;top:0;font-size:99em'}}",
    "handler of code": f"`x`{{onclick='{RUN}'}}\n\n``` {{.python onclick='{RUN}'}}\nx\n```",
    "handler of an image": f"![x](figures/y.svg){{onerror='{RUN}' onload='{RUN}'}}",
    "handler of a figure": f"![x](data:image/png;base64,{PNG}){{onload='{RUN}' style='position:fixed'}}",
    "handler of a link": f"[x](#y){{onfocus='{RUN}' autofocus=1 tabindex=1 target=_top ping={FAR}}}",
    "handler of a table": f"| a |\n|---|\n| b |\n\n: c {{onclick='{RUN}' style='position:fixed'}}",
    "tool tip": f"[x]{{title='\"><script>{RUN}</script>'}}",
    "address of a script": f"[x](javascript:{RUN}) [y](<java script:{RUN}>) [z](JAVASCRIPT:{RUN})",
    "address with entities": f"[x](&#106;avascript&colon;{RUN}) <javascript:{RUN}>",
    "address of data": f"[x](data:text/html,<script>{RUN}</script>) [y](vbscript:x) [z](//far.example/)",
    "address by reference": f"[x]\n\n[x]: javascript:{RUN} '\"onload=\"{RUN}'",
    "image": f"![x]({FAR}) ![](//far.example/x) ![y](figures/y.svg){{srcset='{FAR}' poster={FAR}}}",
    "image that is a page": f"![x](data:text/html,<script>{RUN}</script>) ![y](data:text/plain,x)",
    "images beside": "![x](/etc/passwd) ![y](../../../../x.png) ![z](\\\\far.example\\x)",
    "figure that tells": f"![x]({FAR}.svg){{.exact}} ![y](javascript:{RUN}){{.exact}}",
    "figure with a script as an image": "![x](figures/y.svg)",
    "figure that is no figure": "![x](../figures/../../x.html){.exact} ![y](https://far.example/y){.exact}",
    "size": "![x](figures/y.svg){width=9999px height=9999px ratio='1;position:fixed;inset:0;background:red'}",
    "widths": "| a |\n|---|\n| b |\n\n: c {widths='99999'}",
    "names of ours": "[x]{#main} [y]{#lines} [z]{#toc-x}\n\n## x {#filters}\n\n[w](#main)",
    "classes of ours": "[x]{.skip tabindex=5} [y]{.contents} ::: {.bar}\nz\n:::",
    "cover": "[x]{style='position:fixed;inset:0;background:red'} [y]{style='margin:-99em'}",
    "cover in a list": "1. [x]{style='position:sticky;top:0;height:100vh;display:block'}",
    "style": f"[x]{{style='background:url({FAR});text-align: left'}} [y]{{style='width: 9%;@import x'}}",
    "roles": "[x]{role=alert aria-live=assertive contenteditable=true draggable=true hidden=1}",
    "elements by class": f"[x]{{.script}} [y]{{.iframe src={FAR}}} [z]{{.mark onclick='{RUN}'}}",
    "formula": r"$\href{javascript:x}{y}$ $\class{skip}{x}$ $\style{position:fixed}{x}$ $\hspace{-99em}x$",
    "formula of marks": f"$\\text{{{HTML['script']}}}$ $\\unicode{{x3c}}script>$",
    "note": f"x[^1]\n\n[^1]: [y](javascript:{RUN}){{onclick='{RUN}'}}",
    "raw HTML": f"`{HTML['script']}`{{=html}}\n\n```{{=html}}\n{MARKUP}\n```\n\n{MARKUP}",
    "headings in the contents": f"## [x]{{onclick='{RUN}'}} [y](javascript:{RUN}) ![z]({FAR})",
    "lines": f"| [x]{{onclick='{RUN}'}}\n| y",
    "definition": f"[x]{{onclick='{RUN}'}}\n:   [y](javascript:{RUN})",
    "attributes without end": "[x]{a='"
    + "b" * 5_000
    + "'} [y]{"
    + " ".join(f"k{n}=1" for n in range(200))
    + "}",
}


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": WIDTH, "height": 700})
    yield context
    context.close()


# Asked of the page.
PROTOCOLS = "[...document.querySelectorAll('main a[href]')].map((a) => a.protocol)"
HOSTS = """[...document.querySelectorAll('main a[href^=file], main [src]')].map((e) =>
  new URL(e.href || e.src, document.baseURI).host)"""
PRESS = """document.querySelectorAll('main *:not(a)').forEach((e) => {
  e.click?.();
  e.focus?.();
})"""
MOVED = """[...document.querySelectorAll('main *')].filter((e) =>
  !['static', 'relative', 'sticky'].includes(getComputedStyle(e).position)).length"""
IS_ON_TOP = """(name) => {
  const element = document.querySelector(name), box = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(box.x + 5, box.y + box.height / 2));
}"""


def check(window: BrowserContext, report: Path, address: str) -> None:
    """Open a page, press what can be pressed, and see that it is still ours."""
    reader = Reader(window.new_page(), report)
    page = reader.open(address)
    page.wait_for_load_state("load")
    assert set(page.evaluate(PROTOCOLS)) <= {"file:", "https:", "http:", "mailto:"}
    assert set(page.evaluate(HOSTS)) <= {""}
    page.evaluate(PRESS)
    page.wait_for_timeout(20)
    assert page.url.partition("#")[0] == (report / address).as_uri()
    assert page.evaluate("window.ran") is None
    assert reader.complaints == []
    folder = report.as_uri()
    assert [url for url in reader.requests if not url.startswith((folder, "data:"))] == []
    assert page.evaluate(MOVED) == 0
    page.evaluate("scrollTo(0, 0)")
    assert page.evaluate(IS_ON_TOP, "nav.bar a") and page.evaluate(IS_ON_TOP, "h1")
    assert page.locator("body > main, body > header").count() == 2
    assert page.locator("#main").count() == 1
    assert page.get_by_text(FOLLOWS).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    page.close()


@pytest.mark.parametrize("cell", OUTPUTS.values(), ids=OUTPUTS)
def test_an_output_stays_an_output(cell, window, tmp_path, project):
    printed(source_of(cell), tmp_path, project)
    report = tmp_path / "results" / "report"
    styles.write_page_style(project / "report", report)
    check(window, report, "notebooks/a.html")


def write_chapter(prose: str, report: Path, project: Path) -> str:
    tree = pandoc.read(f"# Study {{#study}}\n\n{prose}\n\n## Last\n\n{FOLLOWS}\n")
    pandoc.make_anchors_unique(tree["blocks"], "study")
    pages = [Page("index.html", [], []), Page("study.html", [], tree["blocks"], 1)]
    site = Site(pages, tree["pandoc-api-version"])
    facts = {"title": "Report", "lang": "en"}
    pandoc.write_page(pages[1], site, project / "report", facts, report)
    styles.write_page_style(project / "report", report)
    (report / "figures").mkdir()
    (report / "figures" / "y.svg").write_text(SVG)
    return "study.html"


@pytest.mark.parametrize("prose", PROSE.values(), ids=PROSE)
def test_prose_stays_prose(prose, window, tmp_path, project):
    check(window, tmp_path, write_chapter(prose, tmp_path, project))


def test_a_figure_that_holds_a_script_does_not_run_it(window, tmp_path, project):
    address = write_chapter("![x](figures/y.svg){.exact}", tmp_path, project)
    reader = Reader(window.new_page(), tmp_path)
    reader.open(address).wait_for_load_state("load")
    [figure] = reader.page.frames[1:]
    assert figure.locator("rect").count() == 1
    assert figure.evaluate("window.ran") is None
    assert any("sandboxed" in told for told in reader.complaints)
    reader.page.close()


# What would run if it came through, all at once; the policy stands alone.
@pytest.mark.parametrize("frame", ["chapter.html", "notebook.html"])
def test_the_policy_holds_where_nothing_is_sanitised(frame, window, tmp_path, project):
    content = MARKUP + SVG + HTML["frame"] + HTML["sheet"] + HTML["object"] + HTML["form"]
    page = {"title": "x", "back": "x", "chapter": "x", "ledger": "x"}
    told = {"made_from": "x", "root": "", "title": "x", "chapter": "x", "page": page}
    html = fill_frame(project / "report", frame, content, told)
    (tmp_path / "x.html").write_text(html)
    styles.write_page_style(project / "report", tmp_path)
    reader, stopped = Reader(window.new_page(), tmp_path), []
    reader.page.on("requestfailed", lambda r: stopped.append(r.url) if r.failure == "csp" else 0)
    opened = reader.open("x.html")
    opened.wait_for_load_state("load")
    opened.evaluate("document.querySelector('form[action^=http]').submit()")
    opened.wait_for_timeout(100)
    assert opened.evaluate("window.ran") is None
    assert opened.url == (tmp_path / "x.html").as_uri()
    assert {url for url in reader.requests if not url.startswith("file:")} == set(stopped)
    assert opened.evaluate(MOVED) == 0
    opened.close()
