"""Figures in one visual language."""
