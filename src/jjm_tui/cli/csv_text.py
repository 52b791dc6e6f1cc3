"""Reading CSV with cells as long as descriptions may be."""

from __future__ import annotations

import csv
import io


def open_csv(text: str, delimiter: str = ",") -> csv.DictReader[str]:
    """A reader of rows by the names in the first one; cells may be of any length, where ``csv`` expects 131 072
    characters at most. Its rows raise csv.Error.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
