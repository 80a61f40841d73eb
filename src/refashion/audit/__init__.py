"""What can be said of a report from its own numbers alone, with nothing run."""
