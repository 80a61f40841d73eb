"""Writing of studies by a program: text as YAML, names, and tolerances of printed numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from refashion.reported import Reported
from refashion.spec.fields import RESERVED_WORDS
from refashion.spec.strict_yaml import INVISIBLE

# Keys whose values are names that need no quotes.
PLAIN = ("id", "kind", "run", "table")

RULE = """\
# tolerance is the largest difference that counts as equal. It was chosen by this rule; edit it
# before you run:
#   whole numbers         1 % of the number, and at least 1
#   percentages           1 percentage point
#   numbers from -1 to 1  0.01, and at most a tenth of the number
#   other numbers         1 % of the number
# and never less than one unit of the last printed digit.
"""


def similar_name(text: str, otherwise: str) -> str:
    """Turn a text into a name.

    Parameters
    ----------
    text
        Any text, such as the name of a file.
    otherwise
        What a name begins with whose text does not begin with a letter.

    Examples
    --------
    >>> similar_name("My Report-2", "notebook"), similar_name("2nd", "run")
    ('my_report_2', 'run_2nd')
    >>> similar_name("No", "run")
    'run_no'
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    is_name = name[:1].isalpha() and name not in RESERVED_WORDS
    return name if is_name else f"{otherwise}_{name}".rstrip("_")


def quoted(text: str) -> str:
    """Write a text as YAML reads it: in quotes, without characters that it refuses."""
    return json.dumps(INVISIBLE.sub(" ", text), ensure_ascii=False)


def in_line(value: Any) -> str:
    """Write a value on one line of YAML.

    Examples
    --------
    >>> in_line({"a: b": [1, 0.5, None, "no"]})
    '{"a: b": [1, 0.5, null, "no"]}'
    """
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{quoted(k)}: {in_line(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_line, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quoted(value) if isinstance(value, str) else f"{value:.12g}"


def tolerance_of(text: str) -> float | None:
    """Choose the tolerance of a printed number by its form; None for what is no number.

    Examples
    --------
    >>> tolerance_of("0.8943"), tolerance_of("0.04"), tolerance_of("1200"), tolerance_of("95.2%")
    (0.01, 0.01, 12.0, 0.01)
    >>> tolerance_of("0.0412"), tolerance_of("31.5")
    (0.00412, 0.315)
    """
    try:
        reported = Reported.parse(text)
    except ValueError:
        return None
    size, unit = abs(reported.value), 2 * reported.half_unit
    if reported.percent:
        chosen = 0.01
    elif reported.digits <= 0:
        chosen = max(1.0, 0.01 * size)
    elif size <= 1:
        chosen = min(0.01, 0.1 * size)
    else:
        chosen = 0.01 * size
    tolerance = float(f"{max(chosen, unit):.3g}")
    return tolerance if 1e-15 <= tolerance <= 1e15 and math.isfinite(tolerance) else None
