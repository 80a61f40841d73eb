"""Chapters: what a narrative can call, filled from the results of a study."""
