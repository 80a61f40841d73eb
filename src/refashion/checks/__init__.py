"""Checks that need no run: consistency of numbers, properties of curves."""
