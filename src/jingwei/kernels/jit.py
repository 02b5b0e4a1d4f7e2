"""Chooses once how array kernels run: compiled by numba, or as plain Python over lists when numba is absent or unwanted."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def numba_is_wanted() -> bool:
    """Whether kernels decorated now are compiled: numba is installed and JINGWEI_NO_NUMBA is off. It is not loaded before the first kernel is."""
    return os.environ.get("JINGWEI_NO_NUMBA", "").strip().lower() not in ("1", "true", "yes", "on") and find_spec("numba") is not None


def forget_stale_code(root: Path) -> None:
    """Delete the machine code kept under `root` when any Python file there has changed since.

    Numba notices a change of the file a kernel stands in, not of the files it calls into or takes constants from: after an update
    that touched only those, it would go on with code that expects arrays of another shape.
    """
    state = "\n".join(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in sorted(root.rglob("*.py")))
    stamp = root / "__pycache__" / "sources.stamp"
    with suppress(OSError):  # nowhere to write: numba keeps nothing here either
        if stamp.exists() and stamp.read_text() == state:
            return
        for kept in root.rglob("*.nb[ci]"):
            kept.unlink(missing_ok=True)
        stamp.parent.mkdir(exist_ok=True)
        fresh = stamp.with_suffix(f".{os.getpid()}")
        fresh.write_text(state)
        fresh.replace(stamp)


if numba_is_wanted():
    forget_stale_code(Path(__file__).parent)


def compiled(kernel: Kernel) -> Kernel:
    """Compile with numba and keep the machine code on disk; the function itself where numba is not to be used.

    For kernels that fill arrays they are given and allocate none: they run without reference counts, which would otherwise be taken
    for every array of a tuple at every look-up (measured: 20 times the whole critical path).
    """
    return _with_numba(kernel, _nrt=False)


def inlined(kernel: Kernel) -> Kernel:
    """The same for a small function that only other kernels call: it is compiled into each of them."""
    return _with_numba(kernel, _nrt=False, forceinline=True)


def allocating(kernel: Kernel) -> Kernel:
    """The same for a kernel that makes arrays of its own."""
    return _with_numba(kernel)


def _with_numba(kernel: Kernel, **options: bool) -> Kernel:
    if not numba_is_wanted():
        return kernel
    try:
        import numba
    except ImportError:  # installed, and of no use with what else is
        return kernel

    # `_nrt` (no reference counts) is how numba compiles its own ufuncs; its type stubs do not name it.
    try:
        return cast(Kernel, numba.njit(cache=True, nogil=True, **options)(kernel))  # type: ignore[call-overload]
    except RuntimeError:  # nowhere to write the cache, as in a read-only container: compile in every process instead
        return cast(Kernel, numba.njit(nogil=True, **options)(kernel))  # type: ignore[call-overload]


def execute(kernel: Callable[..., Any], inputs: tuple[Any, ...], *outputs: Any) -> Any:
    """Run a kernel on arrays, tuples of arrays and numbers; it may write to `outputs` and to a field `overflow` of an input.

    A compiled kernel gets the arrays; a plain one gets lists, which Python indexes several times faster, copied back afterwards.
    """
    if hasattr(kernel, "py_func"):
        return kernel(*inputs, *outputs)
    inputs_listed, outputs_listed = [_listed(argument) for argument in inputs], [_listed(argument) for argument in outputs]
    answer = kernel(*inputs_listed, *outputs_listed)
    for argument, listed in zip(outputs, outputs_listed, strict=True):
        for array, values in zip(argument, listed, strict=True) if isinstance(argument, tuple) else [(argument, listed)]:
            array[:] = values
    for argument, listed in zip(inputs, inputs_listed, strict=True):
        if hasattr(argument, "overflow"):
            argument.overflow[:] = listed.overflow
    return answer


def _listed(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return argument.tolist()
    if isinstance(argument, tuple):
        return type(argument)(*[array.tolist() for array in argument])  # a NamedTuple of arrays
    return argument
