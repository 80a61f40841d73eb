"""What a person states for a deposit: who wrote the source, who checked it, and how that went."""

from __future__ import annotations

import re
from typing import Annotated

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from pydantic import AfterValidator, Field

from refashion.quantities import LONGEST_TITLE, MOST_ENTRIES
from refashion.spec.fields import Known, Strict, Text, Title

# One page has to hold all of them.
LONGEST_REMARK = 500
EXAMPLE_ORCID = "0000-0002-1825-0097"
EXAMPLE_DOI = "10.5281/zenodo.3674056"
_ORCID = r"([0-9]{4}-){3}[0-9]{3}[0-9X]"
_DOI = r"10\.[0-9]{4,9}(\.[0-9]+)*/[^\s\"{}|\\^`]+"
_CERTIFICATE = r"[0-9]{4}-[0-9]{3}"
# One name of the list of SPDX: no reference to a text elsewhere, nor an expression.
_LICENCE = r"(?!LicenseRef-)[A-Za-z0-9.-]+"


def orcid_check_digit(digits: str) -> str:
    """Compute the last character of an ORCID iD from the others.

    It is a checksum (ISO 7064, MOD 11-2).

    Parameters
    ----------
    digits
        The first fifteen digits.

    Examples
    --------
    >>> orcid_check_digit("000000021825009"), orcid_check_digit("000000021694233")
    ('7', 'X')
    """
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def _orcid(text: str) -> str:
    plain = re.sub(r"^https?://(www\.)?orcid\.org/", "", text)
    if not re.fullmatch(_ORCID, plain):
        raise ValueError(f"accepted: an ORCID iD, such as {EXAMPLE_ORCID}")
    digits = plain.replace("-", "")
    if digits[-1] != (expected := orcid_check_digit(digits[:-1])):
        raise ValueError(
            "a character is wrong: after the other digits, the last one would be "
            f"{expected}; accepted: an ORCID iD, such as {EXAMPLE_ORCID}"
        )
    return plain


def _doi(text: str) -> str:
    prefix = r"^(https?://((dx|www)\.)?doi\.org/|doi:\s*)"
    plain = re.sub(prefix, "", text, flags=re.IGNORECASE)
    if not re.fullmatch(_DOI, plain):
        raise ValueError(f"accepted: a DOI, such as {EXAMPLE_DOI}")
    return plain


def _licence(text: str) -> str:
    problem = ValueError("accepted: the SPDX name of one licence, such as CC-BY-4.0")
    try:
        name = canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        raise problem from None
    if not re.fullmatch(_LICENCE, name):
        raise problem
    return name


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", text):
        raise ValueError("accepted: a web address, such as https://github.com/me/my_report")
    return text


def _certificate(text: str) -> str:
    if not re.fullmatch(_CERTIFICATE, text):
        raise ValueError("accepted: the identifier of a CODECHECK certificate, such as 2026-001")
    return text


_Short = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
Orcid = Annotated[_Short, AfterValidator(_orcid)]
Doi = Annotated[_Short, AfterValidator(_doi)]
Licence = Annotated[_Short, AfterValidator(_licence)]
WebAddress = Annotated[_Short, AfterValidator(_address)]
CertificateId = Annotated[_Short, AfterValidator(_certificate)]
Remark = Annotated[Text, Field(max_length=LONGEST_REMARK)]


class Person(Strict):
    """A person who wrote the source, or who checked it."""

    name: Title
    orcid: Orcid | None = Field(None, description=f"ORCID iD, such as {EXAMPLE_ORCID}")


class Experience(Strict):
    """What the person who re-created a report adds to its one-page summary."""

    scope: Remark | None = Field(None, description="the claims that matter, in your words")
    easy: Remark | None = Field(None, description="what was easy")
    hard: Remark | None = Field(None, description="what was hard")
    contact: Remark | None = Field(None, description="what the authors answered, if you asked them")


class Deposit(Strict):
    """What `refashion publish` cannot know from the results."""

    checkers: tuple[Person, ...] = Field(
        (), description="who runs the check: name, and orcid where there is one"
    )
    licence: Licence | None = Field(
        None, description="SPDX name of the licence of the deposit, such as CC-BY-4.0"
    )
    doi: Doi | None = Field(
        None, description=f"DOI of the deposit, reserved before the upload, such as {EXAMPLE_DOI}"
    )
    repository: WebAddress | None = Field(
        None, description="web address of the repository with the studies"
    )
    certificates: Annotated[dict[Known, CertificateId], Field(max_length=MOST_ENTRIES)] = Field(
        {}, description="identifiers in the register of CODECHECK, by study, such as 2026-001"
    )
