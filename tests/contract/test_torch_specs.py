"""What torch.export's users write is read as they mean it, and what nobody can mean is refused by name."""

import pytest
import torch
from torch import export as theirs

import fullgraph
from fullgraph import Dim, dynamic_dim
from fullgraph.errors import SpecError

ones = torch.ones


def lines(*args, **options):
    def program(x, y):
        return x.sum(), y.sum()

    found = fullgraph.export(program, args, **options).contract.lines()
    return [line for line in found if not line.startswith("autocast")]


def test_a_shapes_collection_names_tensors():
    x, y = ones(4, 2), ones(3)
    shapes = theirs.ShapesCollection()
    shapes[x] = {0: theirs.Dim("rows", min=2, max=64)}

    assert lines(x, y, dynamic_shapes=shapes) == [
        "x: float32[rows, 2] on cpu",
        "y: float32[3] on cpu",
        "2 <= rows <= 64",
    ]
    with pytest.raises(SpecError, match="specs for 1 tensors that are no arguments"):
        lines(x.clone(), y, dynamic_shapes=shapes)


@pytest.mark.parametrize(
    ("relation", "line"),
    [
        (lambda d, e: d != 7, "x.shape[0] != 7  (constraints)"),
        (lambda d, e: 9 != d, "x.shape[0] != 9  (constraints)"),
        (lambda d, e: d % 2 == 0, "x.shape[0] % 2 == 0  (constraints)"),
        (lambda d, e: 2 <= d, "x.shape[0] >= 2  (constraints)"),
        (lambda d, e: 10 > d, "x.shape[0] <= 9  (constraints)"),
        (lambda d, e: e < d, "y.shape[0] < x.shape[0]  (constraints)"),
        (lambda d, e: d == e + 1, "y.shape[0] == x.shape[0] - 1  (constraints)"),
    ],
)
def test_dynamic_dims_are_compared_from_both_sides(relation, line):
    x, y = ones(4, 2), ones(3)

    assert line in lines(x, y, constraints=[relation(dynamic_dim(x, 0), dynamic_dim(y, 0))])


def test_torchs_hints_and_derived_dims():
    d = theirs.Dim("d", min=2, max=64)

    assert (
        lines(ones(4), ones(9), dynamic_shapes={"x": {0: d}, "y": {0: 2 * d + 1}})[1]
        == "y: float32[2*d + 1] on cpu"
    )
    assert lines(
        ones(4),
        ones(9),
        dynamic_shapes={"x": {0: theirs.Dim.AUTO(min=2, max=9)}, "y": {0: theirs.Dim.STATIC}},
    ) == [
        "x: float32[s0] on cpu",
        "y: float32[9] on cpu",
        "2 <= x.shape[0] <= 9",
    ]


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: Dim("if"), "'if' cannot name a dim"),
        (lambda: lines(ones(4), ones(3), constraints=lambda: 0), "is no constraint"),
        (lambda: lines(ones(4), ones(3), constraints=True), "True is no constraint"),
        (lambda: fullgraph.export(torch.sin, ones(1, 2)), "args is a Tensor, but it is the tuple"),
    ],
)
def test_refusals(attempt, words):
    with pytest.raises(SpecError, match=words):
        attempt()


def gathered(x, *args, k=None, **kwargs):
    return x.sum() + sum(a.sum() for a in (*args, *kwargs.values()))


@pytest.mark.parametrize(
    "shapes",
    [
        {
            "x": {0: theirs.Dim("a")},
            "args": ({0: theirs.Dim("b")}, None),
            "kwargs": {"z": {0: theirs.Dim("c")}},
        },
        ({0: theirs.Dim("a")}, ({0: theirs.Dim("b")}, None), {"z": {0: theirs.Dim("c")}}),
        ("a", ["b", None], {"z": "c"}),
        ("a", ["b", None], "c"),
        ("a", ["b", None], ("c",)),
        {"x": "a", "args.0": "b", "z": "c", "k": None},
        {"x": "a", "args[0]": "b", "kwargs": "c"},
    ],
)
def test_arguments_that_the_signature_gathers(shapes):
    """`**kwargs` may be spoken of by its own name, and a sequence has an entry for each argument that is given."""
    program = fullgraph.export(gathered, (ones(2), ones(3), ones(4)), {"z": ones(5)}, dynamic_shapes=shapes)

    assert program.contract.lines()[:5] == (
        "x: float32[a] on cpu",
        "args.0: float32[b] on cpu",
        "args.1: float32[4] on cpu",
        "k is None",
        "z: float32[c] on cpu",
    )


def test_a_sequence_is_for_the_arguments_that_are_given():
    """As in torch.export; one that is longer is for all parameters."""

    def program(x, y=None, *, m):
        return x.sum() + m.sum()

    for shapes in (("a", "b"), ("a", None, "b")):
        exported = fullgraph.export(program, (ones(2),), {"m": ones(3)}, dynamic_shapes=shapes)
        assert exported.contract.lines()[2] == "m: float32[b] on cpu"


def test_a_collection_stays_as_it_is():
    x, y = ones(4, 2), ones(3)
    shapes = theirs.ShapesCollection()
    shapes[x] = {0: theirs.Dim("rows")}

    for _ in range(2):
        lines(x, y, dynamic_shapes=shapes)
        assert len(shapes) == 1
    fullgraph.export(torch.sin, (x,), dynamic_shapes=shapes)
