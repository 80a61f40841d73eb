"""Text of the report: Markdown, templates, marks and places."""
