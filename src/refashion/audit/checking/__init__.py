"""Questions that the numbers of a document allow to ask, and the answers of the checks."""
