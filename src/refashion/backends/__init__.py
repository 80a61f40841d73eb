"""Adapters that build and train models of a library."""
