"""OpenML as a source: the address of a dataset's file is asked for by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from refashion.data.fetching.address import Address
from refashion.data.fetching.source import Candidate, FileRequest, Unavailable
from refashion.errors import shown

# The addresses that `sklearn.datasets.fetch_openml` uses.
SERVER = "https://www.openml.org"
ABOUT = "about.json"


@dataclass(frozen=True)
class OpenML:
    """A source that downloads the ARFF file of a dataset of OpenML.

    Attributes
    ----------
    number
        Id of the dataset.
    version
        Its version, which must be the one that the server states.
    server
        Address of the server.
    """

    number: int
    version: int
    server: str = SERVER

    def __str__(self) -> str:
        return f"{self.server}/api/v1/json/data/{self.number}"

    def candidates(self, request: FileRequest) -> Iterator[Candidate]:
        """Download the description of the dataset, and then its file.

        Raises
        ------
        Unavailable
            A download failed, or the description does not fit.
        """
        asked = FileRequest([ABOUT], (), request.scratch, request.limits, request.note)
        (about,) = Address(str(self)).candidates(asked)
        content = about.path.read_bytes()[: request.limits.max_bytes]
        address = f"{self.server}/data/v1/download/{self._file(content)}"
        yield from Address(address).candidates(request)

    def _file(self, content: bytes) -> int:
        """Return the id of the file, from a description that could contain anything."""
        try:
            about: Any = json.loads(content)["data_set_description"]
            version, form, number = about["version"], about["format"], int(about["file_id"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"not a description of a dataset ({type(error).__name__})") from error
        if str(version) != str(self.version):
            raise Unavailable(f"version {shown(version)}; accepted: {self.version}, as stated")
        if str(form).lower() != "arff":
            raise Unavailable(
                f"format {shown(form)}; accepted: ARFF, in the version that is stated"
            )
        return number
