"""Fetching, preparing, splitting and describing data."""
