"""Strides that a program asks for are eager's at every size, or the call is rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from fullgraph import export
from fullgraph.errors import CaptureError, ContractError

PLAIN = [torch.ones(sizes) for sizes in ((0, 3), (2, 0), (0, 0), (1, 1), (1, 4), (7, 1), (5, 9))]
TURNED = [torch.ones(5, 3).t(), torch.ones(5, 1).t(), torch.ones(3, 10)[:1, :5], torch.ones(3, 10)[:, ::2]]

PROGRAMS: dict[str, Callable[[torch.Tensor], Any]] = {
    "argument": lambda x: x.stride(),
    "one": lambda x: x * x.stride(0),
    "transposed": lambda x: x.t().stride(),
    "permuted": lambda x: x.permute(1, 0).stride(),
    "sliced": lambda x: x[::2].stride(),
    "unsqueezed in front": lambda x: x.unsqueeze(0).stride(),
    "unsqueezed behind": lambda x: x.unsqueeze(-1).stride(),
    "expanded by one": lambda x: x.expand(1, -1, -1).stride(),
    "expanded": lambda x: x.expand(4, -1, -1).stride(),
    "flat": lambda x: x.reshape(-1).stride(),
    "computed": lambda x: (x + 1).stride(),
    "computed of a product": lambda x: (x @ x.t()).stride(),
    "contiguous": lambda x: x.contiguous().stride(),
    "cloned": lambda x: x.t().clone(memory_format=torch.contiguous_format).stride(),
}


def compare(program: Callable[..., Any], exported: Callable[..., Any], x: torch.Tensor) -> bool:
    """Return whether the call was accepted; then it must agree with eager."""
    try:
        found = exported(x)
    except ContractError:
        return False
    torch.testing.assert_close(found, program(x))
    return True


@pytest.mark.parametrize("name", PROGRAMS)
def test_strides_are_eagers(name: str) -> None:
    """Sizes of 0 count as 1 in strides, and a tensor laid out otherwise is rejected."""
    program = PROGRAMS[name]
    exported = export(program, (torch.ones(8, 3),), dynamic_shapes={"x": "n m"})

    assert all(compare(program, exported, x) for x in PLAIN)
    for x in TURNED:
        compare(program, exported, x)


def test_a_free_stride_is_no_known_one() -> None:
    """A dim of size 1 may have any stride in a contiguous tensor."""
    exported = export(lambda x: x.stride(0), (torch.ones(1, 5),))

    assert exported(torch.ones(1, 5)) == 5
    with pytest.raises(ContractError, match="stride"):
        exported(torch.ones(3, 10)[:1, :5])


def test_the_contract_says_the_strides() -> None:
    """They are written with the sizes of the call."""
    exported = export(lambda x: x * x.stride(0), (torch.ones(8, 3),), dynamic_shapes={"x": "n m"})

    assert any(line.startswith("x.stride is (max(1, m), 1)") for line in exported.contract.lines())


def test_an_intermediate_is_laid_out_as_its_arguments() -> None:
    """`is_contiguous()` of what an operator returned follows from the strides of what it was given."""

    def program(x: torch.Tensor) -> torch.Tensor:
        y = x + 1
        return y if y.is_contiguous() else x

    exported = export(program, (torch.ones(8, 3),), dynamic_shapes={"x": "n m"})

    assert compare(program, exported, torch.ones(2, 4))
    assert not compare(program, exported, torch.ones(5, 3).t())


def test_an_operator_with_a_layout_of_its_own_needs_no_line() -> None:
    """A product is contiguous whatever it is given."""

    def program(x: torch.Tensor) -> torch.Tensor:
        y = x @ x.t()
        return y if y.is_contiguous() else x

    exported = export(program, (torch.ones(8, 3),), dynamic_shapes={"x": "n m"})

    assert compare(program, exported, torch.ones(5, 3).t())


def test_a_kernel_for_images_may_take_a_contiguous_weight_for_channels_last() -> None:
    """A weight of 1 by 1 is both; which of the two its output is, is the kernel's choice."""
    conv = torch.nn.Conv2d(4, 4, 1, padding=1).to(memory_format=torch.channels_last)

    with pytest.raises(CaptureError, match="strides"):
        export(lambda x: x if conv(x).is_contiguous() else -x, (torch.ones(2, 4, 5, 5),))


def test_contiguous_of_a_turned_tensor_may_be_that_tensor() -> None:
    """Where a size of 1 makes it contiguous already, it keeps its strides."""

    def program(x: torch.Tensor) -> Any:
        return x.t().contiguous().stride()

    with pytest.raises(CaptureError, match="n >= 2"):
        export(program, (torch.ones(8, 3),), dynamic_shapes={"x": "n _"})
    exported = export(program, (torch.ones(8, 3),), dynamic_shapes={"x": "n _"}, constraints=["n >= 2"])
    assert compare(program, exported, torch.ones(2, 3))
