"""What is wrong with a document that cannot be read."""

from __future__ import annotations

from refashion.errors import RefashionError

ACCEPTED = "a .pdf, .txt, .md, .html, .ipynb, .docx or .tex file"


class DocumentError(RefashionError):
    """A document that cannot be read. The message names the file, and what is accepted."""


class UnreadableError(Exception):
    """A fault of the document that is being read, whose name the reader does not know.

    Parameters
    ----------
    fault
        What is wrong, as the end of a sentence about the file.
    accepted
        What is accepted instead.
    """

    def __init__(self, fault: str, accepted: str = ACCEPTED) -> None:
        super().__init__(fault, accepted)
        self.fault, self.accepted = fault, accepted
