"""The extension, loaded at first use."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def core() -> Any:
    """Return the extension ``larder._core``.

    Raises
    ------
    ImportError
        When this installation is the client alone.
    """
    # Before the extension, which takes Arrow's libraries from there: one process has one of each.
    import pyarrow  # noqa: F401

    try:
        from larder import _core  # type: ignore[attr-defined, unused-ignore]
    except ImportError as failure:
        raise ImportError("this installation of larder has no extension, only the client of a server: "
                          f"build it with `make build`, and put build/release/python on PYTHONPATH ({failure})") from None
    return _core
