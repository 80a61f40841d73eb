"""Figures with a common style."""
