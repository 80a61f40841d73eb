"""Adapters for the libraries that train models."""
