"""What modules may import: the tests nothing from each other."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def imported(path: Path) -> set[str]:
    """Give the names of all modules that a file imports, at its top or anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return names


def test_no_test_module_imports_another():
    """What two of them need stands in tests/support/, or in conftest.py if it is a fixture."""
    modules = [path for path in TESTS.rglob("*.py") if path.parent.name != "support"]
    tests = {path.stem for path in modules}
    borrowed = {
        path.name: sorted(name for name in imported(path) if tests & set(name.split(".")))
        for path in sorted(modules)
    }
    assert {module: names for module, names in borrowed.items() if names} == {}
