"""Chapters: the functions that a narrative can call, and the text that they return."""
