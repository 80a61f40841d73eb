"""Searches for the settings that a source leaves open: which values give its printed numbers."""
