"""What stands before and after the chapters."""
