"""Tests on a cluster; a package, so that its `conftest` does not stand for that of all tests."""
