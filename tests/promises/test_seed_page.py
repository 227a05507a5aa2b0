"""The cases of PyTorch's page on dynamic shapes give the graphs shown there, under the user's names for the inputs.

What differs from that page, and why:

* `arg0_1` is `x`, and nodes say the line that they came from.
* A dynamic size may be 0 and 1 (`min_val=0`), since nothing is special about them here.
* The sizes that are read for the assertions come after those of the program in the numbering of names.
* `dynamic_shape_round` is supported.
"""

import pytest
import torch

import fullgraph
from fullgraph import dynamic_dim
from tests.support import assert_golden


def dynamic_shape_constructor(x):
    return torch.ones(x.shape[0] * 2)


class DynamicShapeIfGuard(torch.nn.Module):
    """A branch on a static size."""

    def forward(self, x):
        if x.shape[0] == 3:
            return x.cos()
        return x.sin()


def dynamic_shape_round(x):
    return x[: round(x.shape[0] / 2)]


def dynamic_shape_slicing(x):
    return x[: x.shape[0] - 2, x.shape[1] - 1 :: 2]


def dynamic_shape_view(x):
    new_x_shape = x.size()[:-1] + (2, 5)
    x = x.view(*new_x_shape)
    return x.permute(0, 2, 1)


def list_contains(x):
    assert x.size(-1) in [6, 2]
    assert x.size(0) not in [4, 5, 6]
    assert "monkey" not in ["cow", "pig"]
    return x + x


def scalar_output(x):
    return x.shape[1] + 1


CASES = {
    "dynamic_shape_constructor": (dynamic_shape_constructor, (3, 2), None),
    "dynamic_shape_if_guard": (DynamicShapeIfGuard(), (3, 2, 2), None),
    "dynamic_shape_round": (dynamic_shape_round, (3, 2), 0),
    "dynamic_shape_slicing": (dynamic_shape_slicing, (3, 2), None),
    "dynamic_shape_view": (dynamic_shape_view, (10, 10), None),
    "list_contains": (list_contains, (3, 2), None),
    "scalar_output": (scalar_output, (3, 2), 1),
}


def exported(name):
    fn, shape, dynamic = CASES[name]
    x = torch.ones(shape)
    return (
        fn,
        x,
        fullgraph.export(fn, (x,), constraints=None if dynamic is None else [dynamic_dim(x, dynamic)]),
    )


@pytest.mark.parametrize("name", CASES)
def test_the_graph_is_that_of_the_page(name):
    _, _, program = exported(name)

    assert_golden(f"seed_page/{name}_asserted.txt", str(program.with_runtime_assertions()))
    assert_golden(f"seed_page/{name}.txt", str(program))


@pytest.mark.parametrize("name", CASES)
def test_both_forms_compute_what_eager_does(name):
    fn, x, program = exported(name)

    for each in (program, program.with_runtime_assertions()):
        torch.testing.assert_close(each(x), fn(x))


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 1001])
def test_round_is_right_for_every_size(rows):
    _, _, program = exported("dynamic_shape_round")

    assert torch.equal(program(torch.ones(rows, 2)), torch.ones(round(rows / 2), 2))


def test_the_sentences_of_the_page():
    _, _, program = exported("list_contains")
    text = str(program.with_runtime_assertions())

    assert (
        "(scalar_tensor_default, 'Input x.shape[1] is specialized at 2');  scalar_tensor_default = None"
        in text
    )
    assert "eq = sym_size_int_1 == 2;  sym_size_int_1 = None" in text
    assert "Symbol to range: {}" in text
    assert "Graph signature: ExportGraphSignature(parameters=[], buffers=[], user_inputs=['x'], " in text
    assert (
        str(exported("scalar_output")[2].range_constraints) == "{s0: RangeConstraint(min_val=0, max_val=oo)}"
    )
