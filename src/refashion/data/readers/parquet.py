"""Tables in the format Parquet, which pandas reads with pyarrow if that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from refashion.data.readers import Content, by_part
from refashion.data.readers.tables import Table, arrays_of
from refashion.errors import DataError, one_line


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read files in the format parquet; see `refashion.data.readers.read`."""
    named = by_part(description["parquet"])
    parts = {part: _table(files[name]) for part, name in named.items()}
    return arrays_of(parts, description)


def _table(path: Path) -> Table:
    try:
        frame = pd.read_parquet(path).reset_index(drop=True)
    except ImportError as error:
        raise DataError(
            f"{path.name}: pandas needs the package pyarrow to read Parquet; accepted: install "
            "pyarrow, or the same table as csv"
        ) from error
    except (ValueError, OSError) as error:
        raise DataError(f"{path.name}: {one_line(str(error))}") from error
    frame.columns = frame.columns.map(str)
    return Table(path.name, frame.set_axis(np.arange(1, len(frame) + 1), axis="index"), "row")
