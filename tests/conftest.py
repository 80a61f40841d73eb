"""What several tests need: the project's folder, real data, small data."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine, or a library that is imported at its first use, is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """Folder of the project."""
    return PROJECT


def pytest_collection_modifyitems(items):
    """Begin with the slow tests, so that none of them is left alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
