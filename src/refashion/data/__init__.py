"""Data: fetched, prepared, split and described."""
