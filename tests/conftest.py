"""What several tests need: the project's folder, real data, small data."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """Folder of the project."""
    return PROJECT
