"""Text of the report: Markdown, templates, cross-references, figure files and verdicts."""
