"""The library reads as one: a class name means one thing."""

import ast
from collections import defaultdict
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"

# Classes that share a name on purpose, or not yet, each with the reason.
SHARED: dict[str, str] = {
    "Page": "render.site.pages has the kinds of pages, render.site.site the pages of one site",
    "Printed": "render.site.printing prints notebooks, render.text.typesetting prints text",
}


def test_no_two_public_classes_share_a_name():
    homes = defaultdict(list)
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(SRC)))
    shared = {name: paths for name, paths in homes.items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in SHARED} == {}
    assert SHARED.keys() <= shared.keys(), "SHARED lists a name that is unique"
