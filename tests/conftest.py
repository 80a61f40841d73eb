"""What several tests need: the project's folder, the real data, a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from refashion import datasets
from refashion.artifacts import Layout
from refashion.data import fetching
from refashion.workflow import folders

# A failed assertion of a helper, too, shows the values in it.
pytest.register_assert_rewrite("support")

# A busy machine, or a library that is imported at its first use, is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """Folder of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def data(project: Path) -> Path:
    """Folder with the real files of Fashion-MNIST, fetched once for all tests and runs."""
    folders.mark(project / "data")  # or the workflow would refuse a folder that it did not make
    raw = Layout(data=project / "data").raw("fashion_mnist")
    fetched = fetching.fetch(datasets.module("fashion_mnist"), raw, [])
    if fetched.status != "available":
        pytest.skip(f"Fashion-MNIST is not available here: {fetched.reason}")
    return raw


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Start a browser without a network and without a sandbox, which root cannot have."""
    from playwright.sync_api import sync_playwright

    from support.reader import CHROMIUM

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


def pytest_collection_modifyitems(items):
    """Begin with the slow tests, so that none of them is left alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def in_order(monkeypatch):
    """Train Keras models without shuffling, to be compared with plain Keras."""
    from refashion.backends import keras, keras_steps

    def calls(*given, shuffle):
        return keras_steps.calls(*given, shuffle=False)

    monkeypatch.setattr(keras, "calls", calls)
