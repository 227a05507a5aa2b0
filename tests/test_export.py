"""`export`: what it refuses before it runs anything, what it says when it refuses, and `verify`."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import CaptureError, ContractError, Dim, FullgraphError, SpecError, TensorSpec
from tests.support import assert_refused, assert_same

CALLS: list[Any] = []


def never(x: torch.Tensor, y: Any = None) -> torch.Tensor:
    CALLS.append(x)
    return x * 2


X = torch.ones(3, 4)
WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a spec for no input": ((X,), {"dynamic_shapes": {"z": "n _"}}),
    "a path that matches nothing": ((X,), {"dynamic_shapes": {"z.*": "n _"}}),
    "a dim beyond the rank": ((X,), {"dynamic_shapes": {"x": {2: Dim("n")}}}),
    "text for another rank": ((X,), {"dynamic_shapes": {"x": "n"}}),
    "contradicting sizes of one name": ((X, torch.ones(5, 4)), {"dynamic_shapes": {"x": "n _", "y": "n _"}}),
    "two ranges of one name": (
        (X, X),
        {"dynamic_shapes": {"x": {0: Dim("n", max=8)}, "y": {0: Dim("n", max=9)}}},
    ),
    "an example outside its range": ((X,), {"dynamic_shapes": {"x": {0: Dim("n", min=4)}}}),
    "a number that is not the size": ((X,), {"dynamic_shapes": {"x": "n 5"}}),
    "a constraint on no dim": ((X,), {"dynamic_shapes": {"x": "n _"}, "constraints": ["m >= 2"]}),
    "a constraint that the example breaks": (
        (X,),
        {"dynamic_shapes": {"x": "n _"}, "constraints": ["n >= 4"]},
    ),
    "a constraint that is no text": ((X,), {"constraints": [3]}),
    "a spec for a number": ((X, 3), {"dynamic_shapes": {"y": "n _"}}),
    "too many arguments": ((X, X, X), {}),
    "no argument": ((), {}),
    "an example of another structure": ((X,), {"examples": [(X, X)]}),
    "an example of another rank": ((X,), {"examples": [(torch.ones(3),)]}),
    "an example of another dtype": ((X,), {"examples": [(torch.ones(4, 4, dtype=torch.int64),)]}),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_refused_before_anything_runs(name: str) -> None:
    """The error is a `SpecError` that says what to write, or Python's own; the function is never called."""
    args, options = WRONG[name]
    CALLS.clear()

    with pytest.raises((SpecError, TypeError)) as caught:
        fullgraph.export(never, args, **options)

    assert CALLS == []
    if isinstance(caught.value, SpecError):
        assert caught.value.what


@pytest.mark.parametrize("fn", [3, None, "text"])
def test_what_cannot_be_called_is_refused(fn: Any) -> None:
    """`export` takes a callable."""
    with pytest.raises((SpecError, TypeError), match="call"):
        fullgraph.export(fn, (X,))


def lengths(x: torch.Tensor) -> torch.Tensor:
    scale = [1.0, 2.0, 3.0][int(x.sum())]
    return x * scale


def clock(x: torch.Tensor) -> torch.Tensor:
    return x * time.time()


def to_numpy(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy() + 1)


def backward(x: torch.Tensor) -> torch.Tensor:
    x.sum().backward()
    return x.grad


def seeded(x: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(0)
    return x + torch.rand(3, 4)


def address(x: torch.Tensor) -> torch.Tensor:
    return x * x.data_ptr()


@pytest.mark.parametrize(
    ("fn", "line"),
    [
        (lengths, "int(x.sum())"),
        (clock, "time.time()"),
        (to_numpy, "x.numpy()"),
        (backward, "backward()"),
        (seeded, "manual_seed"),
        (address, "data_ptr"),
    ],
)
def test_a_refusal_names_line_reason_and_remedy(fn: Any, line: str) -> None:
    """Each has the user's file, line and code, what it was, why, and what to write instead."""
    error = assert_refused(fn, (X,), line=line)

    assert error.where is not None
    assert "test_export.py" in error.where.path
    assert error.where.function == fn.__name__
    assert error.why
    for part in ("test_export.py", "what: ", "why: ", "instead: "):
        assert part in str(error)


def attend(input_ids: torch.Tensor, options: dict[str, Any]) -> torch.Tensor:
    return input_ids * options["mask"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ((torch.ones(3, 5), {"mask": torch.ones(3, 4)}), ["input_ids", "5", "4"]),
        ((torch.ones(3, 4, 1), {"mask": torch.ones(3, 4)}), ["input_ids", "dims"]),
        ((torch.ones(3, 4).double(), {"mask": torch.ones(3, 4)}), ["input_ids", "float64", "float32"]),
        ((torch.ones(3, 4), {"mask": torch.ones(2, 4)}), ["options", "mask"]),
        ((torch.ones(3, 4), {"mask": None}), ["options", "mask"]),
        ((torch.ones(3, 4), {"other": torch.ones(3, 4)}), ["options", "mask"]),
        ((None, {"mask": torch.ones(3, 4)}), ["input_ids"]),
        ((torch.ones(3, 4), [torch.ones(3, 4)]), ["options"]),
    ],
)
def test_a_contract_error_names_the_input(call: Any, words: list[str]) -> None:
    """By its own name and path, with what was expected and what came."""
    program = fullgraph.export(
        attend, (X, {"mask": torch.ones(3, 4)}), dynamic_shapes={"input_ids": "n _", "options.mask": "n _"}
    )

    with pytest.raises(ContractError) as caught:
        program(*call)

    for word in words:
        assert word in str(caught.value)


def test_verify_accepts_what_is_right() -> None:
    """`verify=True` runs program and function on copies of the examples: nothing of the user's changes."""
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()

    program = fullgraph.export(model, (X,), dynamic_shapes=("n _",), constraints=["n >= 2"], verify=True)

    assert torch.equal(torch.get_rng_state(), state)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert program(torch.ones(5, 4)).shape == (5, 4)


def test_verify_finds_what_is_wrong() -> None:
    """A function that does something else each time is refused by `verify`, whatever hid it from the trace."""

    class Hidden:
        """Keeps its count where no trace looks."""

        __slots__ = ("n",)

    hidden = Hidden()
    hidden.n = 0

    def count() -> int:
        hidden.n += 1
        return hidden.n

    def fn(x: torch.Tensor) -> torch.Tensor:
        return x * count()

    with pytest.raises(CaptureError) as caught:
        fullgraph.export(fn, (X,), verify=True)
    assert caught.value.what


def test_verify_reads_every_example() -> None:
    """All of `examples` are run; a `TensorSpec` has no data, and is left out."""
    program = fullgraph.export(lambda x: x * 2, (X,), examples=[(torch.ones(7, 4),)], verify=True)
    assert program(torch.ones(1, 4)).shape == (1, 4)
    fullgraph.export(lambda x: x * 2, (TensorSpec("n 4"),), verify=True)


def test_constant_is_fixed_and_listed() -> None:
    """`fullgraph.constant` keeps the value of the export, and the contract shows it with its line."""
    program = fullgraph.export(lambda x: x * fullgraph.constant(time.time), (X,))

    assert torch.equal(program(X), program(X))
    assert any("time" in constant.path for constant in program.contract.constants)
    assert "time" in str(program.contract)


def test_check_states_a_fact() -> None:
    """`fullgraph.check` is a line of the contract when it is about sizes, and an error in eager."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        fullgraph.check(x.shape[0] >= 2, "two rows at least")
        return x[1]

    program = fullgraph.export(fn, (X,), dynamic_shapes=("n _",), constraints=["n >= 2"])
    assert program(torch.ones(2, 4)).shape == (4,)
    with pytest.raises(FullgraphError):
        program(torch.ones(1, 4))
    with pytest.raises(RuntimeError, match="two rows"):
        fn(torch.ones(1, 4))


def test_check_of_a_value_is_asserted_when_the_program_runs() -> None:
    """A condition on a tensor's contents is checked by the graph."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        fullgraph.check((x >= 0).all(), "no negative numbers")
        return x.sqrt()

    program = fullgraph.export(fn, (X,))
    assert torch.equal(program(X), X)
    with pytest.raises(RuntimeError, match="no negative numbers"):
        program(-X)


def test_a_check_needs_no_message() -> None:
    """What is said then is what PyTorch says, in eager as in the program."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        fullgraph.check(x.shape[0] >= 2)
        fullgraph.check((x >= 0).all())
        return x[1]

    program = fullgraph.export(fn, (X,), dynamic_shapes={"x": "n _"})
    assert "n >= 2" in str(program.contract)
    for run in (program, fn):
        assert torch.equal(run(X), X[1])
        with pytest.raises(RuntimeError, match="Expected .* to be True"):
            run(-X)


def test_each_node_says_where_it_came_from() -> None:
    """Line, module path, shape and dtype: the user's, not a library's and not ours."""
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())

    def fn(x: torch.Tensor) -> torch.Tensor:
        y = model(x)
        return y.exp()

    program = fullgraph.export(fn, (X,), dynamic_shapes=("n _",))
    for node in program.graph.nodes:
        if node.op != "call_function":
            continue
        assert tuple(map(str, node.meta["val"].shape)) == ("n", "3")
        assert node.meta["val"].dtype == torch.float32
        last = node.meta["stack_trace"].strip().splitlines()[-2]
        assert "test_export.py" in last or "torch/nn" in last
        assert "src/fullgraph" not in node.meta["stack_trace"]
    linear = next(node for node in program.graph.nodes if "linear" in str(node.target))
    assert [path for path, _ in linear.meta["nn_module_stack"].values()] == ["model", "model.0"]


def test_the_signature_has_the_fields_of_torch_export() -> None:
    """Whoever reads `torch.export`'s signature finds its fields here."""
    program = fullgraph.export(nn.BatchNorm1d(4), (X,))
    theirs = torch.export.export(nn.BatchNorm1d(4), (X,)).run_decompositions().graph_signature
    ours = program.graph_signature

    for name in (
        "parameters",
        "buffers",
        "user_inputs",
        "user_outputs",
        "inputs_to_parameters",
        "inputs_to_buffers",
        "buffers_to_mutate",
    ):
        assert type(getattr(ours, name)) is type(getattr(theirs, name))
        assert len(getattr(ours, name)) == len(getattr(theirs, name)), name
    assert set(ours.parameters) == set(theirs.parameters)
    assert [spec.kind.name for spec in ours.input_specs] == [spec.kind.name for spec in theirs.input_specs]
    assert sorted(spec.kind.name for spec in ours.output_specs) == sorted(
        spec.kind.name for spec in theirs.output_specs
    )


@pytest.mark.parametrize("spec", [{"x": "rows columns"}, {"x": {0: Dim.AUTO, 1: Dim.AUTO}}])
def test_the_way_for_compilers_is_taken_where_the_one_for_exporters_asks_for_sizes(spec: Any) -> None:
    """As the loops of `transformers` do: under `Dim.AUTO` too, which would give the size up."""

    def program(x: torch.Tensor) -> torch.Tensor:
        if torch.compiler.is_exporting():
            for position in range(x.shape[1]):
                x = x + position
            return x
        return x + torch.arange(x.shape[1]).sum()

    exported = fullgraph.export(program, (X,), dynamic_shapes=spec)

    for rows, columns in ((3, 4), (1, 1), (2, 7), (2, 0)):
        x = torch.ones(rows, columns)
        assert torch.equal(exported(x), program(x))


def test_the_way_for_exporters_stays_where_both_ask_for_sizes() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        for _ in range(x.shape[1]):
            x = x + (1 if torch.compiler.is_exporting() else 2)
        return x

    exported = fullgraph.export(program, (X,), dynamic_shapes={"x": {0: Dim.AUTO, 1: Dim.AUTO}})

    assert torch.equal(exported(torch.ones(2, 4)), torch.full((2, 4), 5.0))
    with pytest.raises(ContractError):
        exported(torch.ones(2, 5))


def test_where_the_way_for_compilers_raises_that_of_eager_is_taken():
    def program(x):
        if torch.compiler.is_compiling():
            raise AttributeError("what a library did not think of")
        return x * x.shape[0]

    assert_same(program, (torch.randn(4),), [(torch.randn(n),) for n in (0, 1, 7)], dynamic_shapes={"x": "n"})


def test_what_eager_raises_is_raised():
    def program(x):
        if torch.compiler.is_compiling():
            raise AttributeError("what a library did not think of")
        raise KeyError("what eager raises")

    with pytest.raises(KeyError, match="what eager raises"):
        fullgraph.export(program, (torch.randn(4),))
