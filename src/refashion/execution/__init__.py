"""Execution of notebooks, and the environment of every process."""
