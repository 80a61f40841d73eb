"""Re-run published reports and judge their numbers."""
