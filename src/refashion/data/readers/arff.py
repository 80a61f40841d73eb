"""Tables in the format ARFF, in which OpenML publishes its datasets."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import arff

from refashion.data.readers import Content
from refashion.data.readers.tables import Table, arrays_of
from refashion.errors import DataError, one_line, shown


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read the file of a dataset of OpenML; see `refashion.data.readers.read`."""
    ((_, path),) = files.items()
    return arrays_of({"all": _table(path)}, description)


def _table(path: Path) -> Table:
    try:
        records, about = arff.loadarff(io.StringIO(path.read_text(encoding="utf-8-sig")))
    except NotImplementedError as error:
        text = f"{path.name}: columns of texts or dates, or sparse rows ({one_line(str(error))})"
        raise DataError(f"{text}; accepted: numbers and nominal columns; or use csv") from error
    except (ValueError, arff.ArffError, StopIteration, IndexError) as error:
        raise DataError(f"{path.name}: {one_line(str(error) or 'empty')}") from error
    if twice := [name for name, n in Counter(about.names()).items() if n > 1]:
        raise DataError(f"{path.name}: two columns are named {shown(twice[0])}")
    kinds = dict(zip(about.names(), about.types(), strict=True))
    columns = {name: _column(records[name], kind) for name, kind in kinds.items()}
    numbers = np.arange(1, len(records) + 1)
    return Table(path.name, pd.DataFrame(columns).set_axis(numbers, axis="index"), "row")


def _column(values: np.ndarray, kind: str) -> pd.Series:
    if kind == "numeric":
        return pd.Series(values)
    texts = pd.Series([value.decode("utf-8", "replace") for value in values], dtype=object)
    return texts.where(texts != "?", None)
