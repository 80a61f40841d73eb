"""The first and last pages of the report, before and after the chapters."""
