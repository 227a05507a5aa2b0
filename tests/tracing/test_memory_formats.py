"""`contiguous` and `to` asked for a memory format: the very tensor or a copy, as its layout decides."""

import itertools

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import ContractError, Dim
from fullgraph.errors import CaptureError, Specialized, Unsupported
from tests.support import assert_same

PROGRAMS = {
    "contiguous": lambda x: x.contiguous(memory_format=torch.channels_last),
    "to channels last": lambda x: x.to(memory_format=torch.channels_last),
    "to contiguous": lambda x: x.to(torch.float32, memory_format=torch.contiguous_format),
    "float": lambda x: x.float(memory_format=torch.preserve_format),
    "to another dtype": lambda x: x.to(torch.float64, memory_format=torch.contiguous_format),
    "in order": lambda x: x.contiguous(),
}
INPUTS = {
    "in order": lambda: torch.randn(2, 3, 4, 5),
    "channels last": lambda: torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "both": lambda: torch.randn(2, 1, 4, 1),
    "neither": lambda: torch.randn(2, 3, 4, 10)[..., ::2],
}
BEFORE = {"an input": lambda x: x, "computed": lambda x: x * 2, "copied": lambda x: nn.functional.relu(x)}


@pytest.mark.parametrize(("name", "layout", "before"), list(itertools.product(PROGRAMS, INPUTS, BEFORE)))
def test_a_write_reaches_what_shares_memory(name, layout, before):
    """What is written to the result is written to the tensor itself exactly where eager does so, or it is refused."""

    def program(x):
        x = BEFORE[before](x)
        y = PROGRAMS[name](x)
        y.add_(1)
        return y * 1, x

    x = INPUTS[layout]()
    try:
        assert_same(program, (x,))
    except CaptureError as error:
        assert before != "an input", error  # noqa: PT017
        assert "may or may not share memory" in error.what  # noqa: PT017


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_refused_where_nothing_is_written(name):
    for layout in INPUTS.values():
        assert_same(lambda x: PROGRAMS[name](x) + 1, (layout(),))


SIZES = [(3, 4), (1, 4), (3, 1), (1, 1), (0, 4), (3, 0), (2, 2)]
COPIES = {
    "transposed": lambda x: x.t().contiguous(),
    "raveled": lambda x: x.t().ravel(),
    "flattened": lambda x: x.t().reshape(-1),
    "one column": lambda x: x[:, :1].contiguous(),
    "two columns": lambda x: x[:, :2].contiguous(),
    "every other row": lambda x: x[::2].contiguous(),
    "expanded": lambda x: x.expand(2, *x.shape).contiguous(),
    "around a dim of one": lambda x: x.unsqueeze(1).transpose(0, 1).contiguous(),
    "to its own sizes": lambda x: x.t().reshape(x.shape[1], x.shape[0]),
    "there and back": lambda x: x.t().t().contiguous(),
}


def _written_copy(copied, x):
    y = copied(x)
    y.add_(1)
    return x.clone(), y.clone()


def _written_before(copied, x):
    y = copied(x)
    x.mul_(2)
    return x.clone(), y.clone()


@pytest.mark.parametrize("spec", ["m n", (Dim.AUTO, Dim.AUTO)], ids=["declared", "auto"])
@pytest.mark.parametrize("write", [_written_copy, _written_before])
@pytest.mark.parametrize("computed", [False, True], ids=["an input", "computed"])
@pytest.mark.parametrize("name", COPIES)
def test_a_layout_that_sizes_decide_is_a_question_on_sizes(name, computed, write, spec):
    """`x.t()` lies in order where a size is 1: `contiguous()` is `x` itself there, and a write reaches it."""

    def program(x):
        return write(COPIES[name], x * 2 if computed else x)

    try:
        exported = fullgraph.export(program, (torch.ones(3, 4),), dynamic_shapes={"x": spec})
    except (Specialized, Unsupported) as refusal:
        # Every other row of m is one for the sizes 1 and 2.
        words = ("!= 1", "m == 0 or m >= 3", "may or may not share memory")
        assert any(each in str(refusal) for each in words)  # noqa: PT017
        return
    accepted = 0
    for sizes in SIZES:
        given, eager = (torch.arange(float(sizes[0] * sizes[1])).reshape(sizes) for _ in range(2))
        try:
            results = exported(given)
        except ContractError:
            continue
        accepted += 1
        expected = program(eager)
        assert all(map(torch.equal, (*results, given), (*expected, eager)))
    assert accepted >= 1 if spec != "m n" else accepted == len(SIZES)


def test_what_no_size_may_share_is_copied():
    """With the sizes in range where the layout differs, nothing is asked and nothing is refused."""

    def program(x):
        y = x.t().contiguous()
        y.add_(1)
        return x * y.t()

    exported = fullgraph.export(
        program, (torch.ones(3, 4),), dynamic_shapes={"x": (Dim("m", min=2), Dim("n", min=2))}
    )
    x = torch.arange(10.0).reshape(2, 5)
    assert torch.equal(exported(x), program(x))


def test_what_is_not_used_again_asks_nothing():
    def program(x):
        y = (x * 2).t().contiguous()
        y.add_(1)
        return y

    exported = fullgraph.export(program, (torch.ones(3, 4),), dynamic_shapes={"x": "m n"})
    for sizes in SIZES:
        assert torch.equal(exported(torch.ones(sizes)), program(torch.ones(sizes)))


@pytest.mark.filterwarnings("ignore:ComplexHalf support")
def test_half_complex_numbers_in_a_format_for_images():
    program = fullgraph.export(
        lambda x: x.chalf(memory_format=torch.channels_last),
        (torch.rand(2, 3, 4, 5),),
        dynamic_shapes={"x": "n _ _ _"},
    )
    x = torch.rand(7, 3, 4, 5)
    assert torch.view_as_real(program(x)).equal(torch.view_as_real(x.chalf()))
