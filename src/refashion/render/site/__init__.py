"""Files of the report: HTML pages, the PDF, scripts and style sheets."""
