"""Specifications: YAML read, checked and frozen."""
