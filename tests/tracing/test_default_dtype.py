"""What PyTorch makes of the default dtype at the export, it makes of it at the call, or the call is rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from fullgraph import export
from fullgraph.errors import ContractError

LINE = "default_dtype is float32 at the call"


def assigned(x: torch.Tensor) -> torch.Tensor:
    """Write a number into a tensor."""
    y = x.clone()
    y[y > 1] = 2.0
    y[0] = 1.5
    return y


RELIES: dict[str, Callable[[torch.Tensor], Any]] = {
    "factory": lambda x: torch.ones(x.shape[0]),
    "number": lambda x: torch.tensor(1.5) * x.shape[0],
    "as_tensor": lambda x: torch.as_tensor(2.5) + x.shape[0],
    "quotient of integers": lambda x: x.long() / 2,
    "integers times a number": lambda x: x.long() * 1.5,
    "function of integers": lambda x: torch.sin(x.long()),
    "choice of numbers": lambda x: torch.where(x > 0, 1.0, 2.0),
    "list": lambda x: torch.tensor([1.5, 2]) * x.shape[0],
    "size as a tensor": lambda x: torch.tensor(x.shape[0] * 1.5),
    "linspace": lambda x: torch.linspace(0, 1, x.shape[0]),
    "window": lambda x: torch.hann_window(5),
}
DOES_NOT: dict[str, Callable[[torch.Tensor], Any]] = {
    "scaled": lambda x: x * 1.5,
    "dtype given": lambda x: torch.ones(x.shape[0], dtype=torch.float32),
    "of a float": lambda x: torch.zeros_like(x),
    "made float": lambda x: x.long().float() / 2,
    "number assigned": assigned,
    "integers": lambda x: torch.arange(x.shape[0]),
    "complex": lambda x: torch.complex(x, x).abs(),
}


@contextmanager
def default(dtype: torch.dtype) -> Iterator[None]:
    """Have another default dtype for a while."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize("name", RELIES)
def test_another_default_dtype_is_rejected(name: str) -> None:
    """The contract says with which line the program relies on it."""
    exported = export(RELIES[name], (torch.ones(4, 3, dtype=torch.float32),), dynamic_shapes={"x": "n _"})
    x = torch.ones(2, 3)

    torch.testing.assert_close(exported(x), RELIES[name](x))
    assert any(
        line.startswith(LINE) and "test_default_dtype.py" in line for line in exported.contract.lines()
    )
    with default(torch.float64), pytest.raises(ContractError, match="default_dtype"):
        exported(x)


@pytest.mark.parametrize("name", DOES_NOT)
def test_no_line_where_it_does_not_matter(name: str) -> None:
    """A dtype that the arguments give is theirs under any default."""
    exported = export(DOES_NOT[name], (torch.ones(4, 3, dtype=torch.float32),), dynamic_shapes={"x": "n _"})
    x = torch.ones(2, 3)

    assert not any(line.startswith("default_dtype") for line in exported.contract.lines())
    with default(torch.float64):
        torch.testing.assert_close(exported(x), DOES_NOT[name](x))
