"""The report: results and narratives to HTML and PDF."""
