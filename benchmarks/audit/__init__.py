"""The audit of a report: how much of it is read, and how many contradictions are found."""
