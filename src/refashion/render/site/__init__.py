"""Pages and PDF: the report as files."""
