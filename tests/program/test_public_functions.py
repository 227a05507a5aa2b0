"""A call runs PyTorch's public function only where that is the operator, with the same arguments."""

import itertools

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import fullgraph
from fullgraph.program.public_functions import PUBLIC, same_as_public

TENSORS = [torch.rand(2, 2), torch.tensor(0.5), torch.eye(2).bool(), torch.tensor(3)]
MATRICES = {"mm": torch.rand(2, 2), "matmul": torch.rand(2, 2), "bmm": torch.rand(2, 2, 2)}


class Arriving(TorchDispatchMode):
    """Notes the first operator that arrives."""

    def __init__(self):
        super().__init__()
        self.first = None

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.first = self.first or function
        return function(*args, **(kwargs or {}))


def arguments_of(operator):
    name = operator._schema.name.removeprefix("aten::")
    if name in MATRICES:
        return [(MATRICES[name], MATRICES[name])]
    if len([a for a in operator._schema.arguments if not a.kwarg_only and not a.has_default_value()]) == 1:
        return [(tensor,) for tensor in TENSORS]
    if operator._overloadname == "Scalar":
        return list(itertools.product(TENSORS, [2, 0.5, True]))
    numbers = [2, 0.5] if name in ("add", "sub", "mul", "div") else []
    return list(itertools.product(TENSORS, [*TENSORS, *numbers]))


@pytest.mark.parametrize("operator", PUBLIC, ids=str)
def test_the_function_is_the_operator(operator):
    """Whatever kinds of tensors and numbers it is given, the same operator is reached, or the same error raised."""
    reached = 0
    for args in arguments_of(operator):
        with Arriving() as wanted:
            try:
                expected = operator(*args)
            except RuntimeError:
                continue
        with Arriving() as found:
            actual = PUBLIC[operator](*args)
        assert found.first is wanted.first
        torch.testing.assert_close(actual, expected, equal_nan=True)
        reached += 1
    assert reached


def test_calls_with_names_stay_operators():
    """The function names its arguments otherwise than the schema does."""

    def named(x):
        return torch.ops.aten.add.Tensor(x, other=x) + torch.add(x, x, alpha=2)

    program = fullgraph.export(named, (torch.ones(2),))

    assert not same_as_public(program.graph)
    torch.testing.assert_close(program(torch.ones(2)), named(torch.ones(2)))
