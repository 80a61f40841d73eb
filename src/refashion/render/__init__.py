"""The report: renders results and narratives as HTML and PDF."""
