"""The words of a contract: one line per input, range and assumption, in the user's names.

input_ids: int64[batch, seq] on cpu
1 <= batch <= 64
seq <= 512  (model.py:41: mask[:, :seq])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fullgraph.contract.facts import Ambient, Disjoint, Fact, Property, SameObject
from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.symbolic import Bool, Expr, render, truth_symbol_in

if TYPE_CHECKING:
    import torch

    from fullgraph.contract.sizes import Sizes
    from fullgraph.source import Origin

Names = Mapping[Expr, str]
# Values of more characters than this are cut in messages.
_LONGEST_VALUE = 60


def size_text(size: int | Expr, names: Names) -> str:
    """`2*batch`."""
    return render(size, names) if isinstance(size, Expr) else str(size)


def value_text(value: object) -> str:
    """A Python value, cut when it is long."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  (the value is the user's, and so is its `__repr__`)
        text = object.__repr__(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def dtype_text(dtype: torch.dtype | None) -> str:
    """`float32`."""
    return str(dtype).removeprefix("torch.")


def input_text(
    path: str,
    dtype: torch.dtype | None,
    dims: tuple[int | Expr, ...] | None,
    device: torch.device | None,
    value: object,
    scalar: Expr | None,
    sort: type,
) -> str:
    """`x: float32[batch, 3] on cpu`, or `flag is True`.

    Symbols stand here under their own names, as in the printed graph: `x: float32[s0, 3]` says what s0 is.
    """
    if dims is not None:
        return f"{path}: {dtype_text(dtype)}[{', '.join(size_text(d, {}) for d in dims)}] on {device}"
    if scalar is not None:
        text = str(bool(scalar.value)) if sort is bool and scalar.is_const else render(scalar)
        return f"{path}: {sort.__name__} {text}" if text != path else f"{path}: {sort.__name__}"
    return f"{path} is {value_text(value)}"


def range_text(name: str, sizes: Sizes) -> str:
    """`2 <= batch <= 8`."""
    if sizes.values is not None:
        return f"{name} in {sizes}"
    low, high = sizes.min, sizes.max
    if low is not None and high is not None:
        return f"{low} <= {name} <= {high}"
    return f"{name} >= {low}" if high is None else f"{name} <= {high}"


def fact_text(fact: Fact, names: Names) -> str:
    """A fact alone."""
    match fact:
        case Bool():
            truth = truth_symbol_in(fact)
            return render(fact, names) if truth is None else f"{render(truth[0], names)} is {truth[1]}"
        case Property(path, name, value):
            shown = _sizes_text(value, names) if isinstance(value, tuple) else value_text(value)
            return f"{path}.{name} is {shown}"
        case SameObject(a, b, same):
            return f"{a} is {b}" if same else f"{a} is not {b}"
        case Disjoint(a, b):
            return f"{a} and {b} share no memory"
        case Ambient(name, value):
            return f"{name} is {ambient_text(name, value)} at the call"


def ambient_text(name: str, value: Any) -> str:
    """A piece of PyTorch's state: `off`, `bfloat16 on cpu`, `True`."""
    if name == "default_dtype":
        return dtype_text(value)
    if name != "autocast":
        return value_text(value)
    cpu, cuda = (None if dtype is None else dtype_text(dtype) for dtype in value)
    if cpu is None and cuda is None:
        return "off"
    return " and ".join(f"{dtype} on {device}" for device, dtype in (("cpu", cpu), ("cuda", cuda)) if dtype)


def assumption_text(assumption: Assumption, names: Names) -> str:
    """`seq <= 512  (model.py:41: mask[:, :seq])`."""
    return with_reason(fact_text(assumption.fact, names), assumption)


def with_reason(fact: str, assumption: Assumption) -> str:
    """Put the reason of an assumption behind its text."""
    because = reason_text(assumption)
    return f"{fact}  ({because})" if because else fact


def constant_text(name: str, value: object, origin: Origin | None) -> str:
    """`time.time is 12.5  (model.py:7: constant(time.time))`."""
    text = f"{name} is {value_text(value)}"
    return text if origin is None or not origin.known else f"{text}  ({_line_text(origin)})"


def _line_text(origin: Origin) -> str:
    segment = " ".join(origin.segment.split())
    return f"{origin}: {segment}" if segment else str(origin)


def reason_text(assumption: Assumption) -> str:
    """Where an assumption came from: `model.py:41: mask[:, :seq]`; the operator if the line is not known."""
    if assumption.kind is AssumptionKind.DECLARED:
        return "constraints"
    origin = assumption.origin
    if origin is not None and origin.known:
        return _line_text(origin)
    return assumption.note


def _sizes_text(sizes: tuple[Any, ...], names: Names) -> str:
    return f"({', '.join(size_text(s, names) if isinstance(s, Expr) else repr(s) for s in sizes)})"
