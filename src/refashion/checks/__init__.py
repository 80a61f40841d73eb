"""Checks of reported numbers for consistency, and of training curves for properties."""
