"""What changed between two results folders."""
