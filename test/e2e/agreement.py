# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""When two runs of a model agree."""
import numpy as np

# Of the output's largest magnitude, for float32.
TOLERANCE = 1e-4


def distance(reference, got):
    """max|difference| / max|reference|; inf when the two cannot be compared
    (shape, type, or different places of NaN and infinity)."""
    if reference.shape != got.shape or reference.dtype != got.dtype:
        return float("inf")
    if reference.size == 0:
        return 0.0
    if reference.dtype == np.bool_ or reference.dtype.kind in "iu":
        return 0.0 if np.array_equal(reference, got) else float("inf")
    a = reference.astype(np.float64)
    b = got.astype(np.float64)
    finite = np.isfinite(a)
    if not np.array_equal(finite, np.isfinite(b)):
        return float("inf")
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    scale = np.abs(a[finite]).max()
    worst = np.abs(a[finite] - b[finite]).max()
    return 0.0 if worst == 0 else float(worst / scale) if scale else float("inf")


def mismatch(reference, got):
    """Why the two cannot be compared, or an empty text."""
    if got is None:
        return "output missing"
    if reference.dtype != got.dtype:
        return f"expected {reference.dtype}, got {got.dtype}"
    if reference.shape != got.shape:
        return (f"expected shape {list(reference.shape)}, "
                f"got {list(got.shape)}")
    if reference.dtype.kind == "f" and not np.array_equal(
            np.isfinite(reference), np.isfinite(got)):
        wrong = np.isfinite(reference) != np.isfinite(got)
        return f"NaN or infinity differs in {int(wrong.sum())} elements"
    return ""
