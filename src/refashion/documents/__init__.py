"""Documents of any common format as numbered lines, for audits and the check of quotes."""

from refashion.documents.faults import DocumentError
from refashion.documents.formats import SUFFIXES
from refashion.documents.reading import read

__all__ = ["SUFFIXES", "DocumentError", "read"]
