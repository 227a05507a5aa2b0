"""Arguments and results of any nesting: what goes in and comes out of a program is what eager takes and gives."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import operator
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import ContractError, TensorSpec
from tests.support import assert_same


class Pair(NamedTuple):
    first: torch.Tensor
    second: Any


@dataclasses.dataclass
class Batch:
    """Registered nowhere."""

    tokens: torch.Tensor
    mask: torch.Tensor | None = None
    scale: float = 2.0


@dataclasses.dataclass(frozen=True)
class Frozen:
    values: tuple[torch.Tensor, ...]


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


class Box:
    """A plain object that holds a tensor."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor


def nested(x: dict[str, Any], y: list[Any]) -> dict[str, Any]:
    total = x["a"]["b"] + y[0] + y[1][0] + y[1][1].second
    return {"sum": total, "parts": [x["a"]["b"] * 2, (y[0], None)], "pair": Pair(total, x["a"]["b"].shape[0])}


def nested_arguments(n: int) -> tuple[Any, ...]:
    return (
        {"a": {"b": torch.randn(n)}},
        [torch.randn(n), (torch.randn(n), Pair(torch.randn(n), torch.randn(n)))],
    )


def test_nested_arguments_and_results() -> None:
    """Dicts, lists, tuples and named tuples in each other go in and come out, with sizes among the results."""
    shapes = {"x": {"a": {"b": "n"}}, "y": ["n", ("n", ("n", "n"))]}
    assert_same(nested, nested_arguments(3), [nested_arguments(n) for n in (0, 1, 7)], dynamic_shapes=shapes)


def test_dataclasses_nobody_registered() -> None:
    """A dataclass is a container in arguments and results, its `None` and its number are in the contract."""

    def fn(batch: Batch) -> Frozen:
        return Frozen(
            (batch.tokens * batch.scale, batch.tokens if batch.mask is None else batch.tokens * batch.mask)
        )

    assert_same(
        fn,
        (Batch(torch.randn(3)),),
        [(Batch(torch.randn(n)),) for n in (0, 1, 5)],
        dynamic_shapes={"batch.tokens": "n"},
        refused=[(Batch(torch.randn(3), torch.ones(3)),), (Batch(torch.randn(3), None, 3.0),)],
    )


def test_python_values_are_in_the_contract() -> None:
    """Numbers, strings, enums and booleans are fixed, and another one is rejected by the argument's name."""

    def fn(x: torch.Tensor, power: int, how: str, mode: Mode, flag: bool) -> torch.Tensor:
        y = x**power if how == "up" else x / power
        return (y if mode is Mode.FAST else -y) + flag

    args = (torch.randn(3), 2, "up", Mode.FAST, True)
    program = fullgraph.export(fn, args)
    for position, (name, other) in enumerate(
        [("power", 3), ("how", "down"), ("mode", Mode.SLOW), ("flag", False), ("flag", 1)], start=1
    ):
        place = min(position, 4)
        with pytest.raises(ContractError, match=name):
            program(*args[:place], other, *args[place + 1 :])
    assert torch.equal(program(*args), fn(*args))


def test_a_plain_object_as_argument() -> None:
    """An object's tensors are inputs, and what the program puts on it is there after a call."""

    def fn(box: Box) -> torch.Tensor:
        box.tensor = box.tensor + 1
        return box.tensor * 2

    program = fullgraph.export(fn, (Box(torch.zeros(3)),), dynamic_shapes={"box.tensor": "n"})
    box = Box(torch.ones(5))

    assert torch.equal(program(box), torch.full((5,), 4.0))
    assert torch.equal(box.tensor, torch.full((5,), 2.0))


def test_results_that_are_no_tensors_computed() -> None:
    """A size, a number, a text, `None`, and the input itself come back as eager gives them."""

    def fn(x: torch.Tensor) -> Any:
        return x, x.shape[0], x.shape[0] * 2 + 1, x.shape, 3.5, "text", None, [], {}, x.dtype, x.size(1) > 1

    program = assert_same(
        fn, (torch.randn(3, 2),), [(torch.randn(n, 2),) for n in (0, 1, 9)], dynamic_shapes=("n 2",)
    )
    x = torch.randn(4, 2)
    assert program(x)[0] is x


def test_a_program_that_returns_nothing() -> None:
    """`None` is a result, and the write to the argument is all that a call does."""

    def fn(x: torch.Tensor) -> None:
        x.mul_(2)

    assert_same(fn, (torch.randn(3),), [(torch.randn(5),)], dynamic_shapes=("n",))


def test_a_program_without_inputs() -> None:
    """No arguments: the graph computes from constants and parameters."""
    assert_same(lambda: torch.arange(4).float() + 1)


def test_variadic_and_keyword_parameters() -> None:
    """`*args`, keyword-only, defaults and `**kwargs` are called as eager is."""

    def fn(
        x: torch.Tensor, *rest: torch.Tensor, scale: float = 2.0, bias: Any = None, **more: torch.Tensor
    ) -> Any:
        total = sum(rest, x) * scale
        for name in sorted(more):
            total = total + more[name]
        return total if bias is None else total + bias

    args, kwargs = tuple(torch.randn(2) for _ in range(3)), {"a": torch.randn(2), "b": torch.randn(2)}
    program = assert_same(fn, args, kwargs=kwargs)
    assert torch.equal(program(*args, **kwargs, scale=2.0), fn(*args, **kwargs))
    with pytest.raises(ContractError):
        program(*args, **kwargs, scale=3.0)
    with pytest.raises((ContractError, TypeError)):
        program(*args[:2], **kwargs)


def test_keyword_call_of_positional_parameters() -> None:
    """What was given by position may be given by name at the call, in any order, and the other way round."""

    def fn(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x - y

    x, y = torch.randn(3), torch.randn(3)
    by_position, by_name = fullgraph.export(fn, (x, y)), fullgraph.export(fn, (), {"y": y, "x": x})
    for program in (by_position, by_name):
        assert torch.equal(program(y=y, x=x), x - y)
        assert torch.equal(program(x, y), x - y)
        assert torch.equal(program(x, y=y), x - y)
        with pytest.raises(TypeError):
            program(x)
        with pytest.raises(TypeError):
            program(x, y, x)


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight

    def other(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight

    @staticmethod
    def plain(x: torch.Tensor) -> torch.Tensor:
        return x.exp()

    @classmethod
    def of_class(cls, x: torch.Tensor) -> torch.Tensor:
        return x.exp() + len(cls.__name__)


class Adder:
    def __init__(self, by: torch.Tensor) -> None:
        self.by = by

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.by


def decorated(fn: Any) -> Any:
    @functools.wraps(fn)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return fn(*args, **kwargs) * 2

    return inner


@decorated
def twice(x: torch.Tensor) -> torch.Tensor:
    return x.cos()


@pytest.mark.parametrize(
    "fn",
    [
        torch.sin,
        torch.nn.functional.gelu,
        torch.Tensor.exp,
        operator.neg,
        lambda x: x * 2,
        twice,
        Scaled(),
        Scaled().other,
        Scaled().forward,
        Scaled.plain,
        Scaled.of_class,
        Adder(torch.ones(3)),
        Adder(torch.ones(3)).__call__,
        functools.partial(torch.add, alpha=2, other=torch.ones(3)),
        functools.partial(Scaled().other),
        nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
        torch.no_grad()(lambda x: x * 2),
        torch.ops.aten.relu.default,
        torch.ops.aten.relu,
    ],
    ids=lambda fn: getattr(fn, "__qualname__", type(fn).__name__),
)
def test_every_kind_of_callable(fn: Any) -> None:
    """Functions, builtins, operators, lambdas, decorated functions, methods, partials, objects and modules."""
    program = fullgraph.export(fn, (torch.randn(2, 3),), dynamic_shapes=("n _",))

    for n in (0, 1, 5):
        x = torch.randn(n, 3)
        torch.testing.assert_close(program(x), fn(x))


def test_a_generator_is_refused() -> None:
    """A function with `yield` has no result when it is called; it is refused, with what to write."""

    def fn(x: torch.Tensor) -> Any:
        yield x * 2

    with pytest.raises(fullgraph.FullgraphError) as refused:
        fullgraph.export(fn, (torch.ones(2),))
    assert refused.value.what
    assert refused.value.instead


@pytest.mark.filterwarnings("ignore:coroutine")
def test_an_async_function_is_refused() -> None:
    """A coroutine has not run when it is returned."""

    async def fn(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    with pytest.raises(fullgraph.FullgraphError, match="async"):
        fullgraph.export(fn, (torch.ones(2),))


def test_a_generator_inside_the_program() -> None:
    """Generators, comprehensions and `zip` that the program runs itself are plain Python."""

    def fn(xs: list[torch.Tensor]) -> Any:
        def doubled() -> Any:
            for x in xs:
                yield x * 2

        return [a + b for a, b in zip(doubled(), reversed(xs))], sum(x for x in doubled())

    assert_same(fn, ([torch.randn(2), torch.randn(2)],))


def test_ordered_and_default_dicts() -> None:
    """A result is of the type the program made, and order is kept."""

    def fn(x: Any) -> Any:
        found = collections.defaultdict(list)
        for name, value in x.items():
            found[name].append(value * 2)
        return collections.OrderedDict(reversed(list(found.items()))), collections.deque([x["b"]])

    program = fullgraph.export(fn, (collections.OrderedDict(b=torch.ones(2), a=torch.zeros(2)),))
    given = collections.OrderedDict(b=torch.ones(2) * 3, a=torch.ones(2))
    first, second = program(given)

    assert type(first) is collections.OrderedDict
    assert list(first) == ["a", "b"]
    assert torch.equal(first["b"][0], torch.full((2,), 6.0))
    assert torch.equal(second[0], given["b"])


def test_model_outputs_and_caches() -> None:
    """What transformers registers or subclasses comes out as its own type."""
    outputs = pytest.importorskip("transformers.modeling_outputs")

    def fn(x: torch.Tensor) -> Any:
        return outputs.BaseModelOutput(last_hidden_state=x * 2, hidden_states=(x, x + 1))

    program = fullgraph.export(fn, (torch.randn(2, 3),), dynamic_shapes=("n _",))
    x = torch.randn(5, 3)
    found = program(x)

    assert type(found) is outputs.BaseModelOutput
    assert found.attentions is None
    assert torch.equal(found["last_hidden_state"], x * 2)
    assert torch.equal(found.hidden_states[1], x + 1)
    assert found.hidden_states[0] is x


def test_one_result_twice() -> None:
    """The same tensor returned twice is one object, as in eager, and views share memory."""

    def fn(x: torch.Tensor) -> Any:
        y = x * 2
        return y, y, y[0], {"again": y}

    program = assert_same(fn, (torch.randn(3),), [(torch.randn(5),)], dynamic_shapes=("n",), aliasing=True)
    first, second, view, named = program(torch.ones(3))
    assert first is second is named["again"]
    assert view.data_ptr() == first.data_ptr()


def test_shapes_alone() -> None:
    """A `TensorSpec` stands for a tensor, no data needed, nested or not."""

    def fn(x: torch.Tensor, more: dict[str, torch.Tensor]) -> torch.Tensor:
        return x @ more["w"]

    program = fullgraph.export(fn, (TensorSpec("batch 4"), {"w": TensorSpec((4, "out"))}))

    for batch, out in ((0, 1), (1, 1), (3, 5)):
        x, w = torch.randn(batch, 4), torch.randn(4, out)
        torch.testing.assert_close(program(x, {"w": w}), x @ w)
    with pytest.raises(ContractError, match="x"):
        program(torch.randn(3, 5), {"w": torch.randn(5, 2)})


def test_dims_from_examples() -> None:
    """Sizes that differ between examples are dynamic, the others static."""
    program = fullgraph.export(lambda x: x.sum(0), (torch.randn(3, 2),), examples=[(torch.randn(5, 2),)])

    assert torch.equal(program(torch.ones(8, 2)), torch.full((2,), 8.0))
    with pytest.raises(ContractError):
        program(torch.ones(8, 3))


def test_every_way_to_name_a_dim() -> None:
    """Our `Dim`, `torch.export.Dim`, strings, AUTO, DYNAMIC and STATIC mean what they mean in torch.export."""
    theirs, ours = torch.export.Dim("n", min=2, max=10), fullgraph.Dim("n", min=2, max=10)
    for spec in (
        {"x": {0: theirs}},
        {"x": {0: ours}},
        ({0: ours},),
        ([theirs, None],),
        {"x": "n _"},
        {"x": {0: "n"}},
        {"x": {0: fullgraph.Dim.DYNAMIC, 1: fullgraph.Dim.STATIC}},
        {"x": {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.STATIC}},
        {"x": {0: torch.export.Dim.AUTO}},
        {"x": {0: fullgraph.Dim.AUTO}},
    ):
        program = fullgraph.export(lambda x: x * 2, (torch.ones(3, 2),), dynamic_shapes=spec)
        assert torch.equal(program(torch.ones(7, 2)), torch.full((7, 2), 2.0))
        with pytest.raises(ContractError):
            program(torch.ones(7, 3))
    for ranged in (ours, theirs):
        program = fullgraph.export(lambda x: x * 2, (torch.ones(3),), dynamic_shapes=({0: ranged},))
        for size in (1, 11):
            with pytest.raises(ContractError, match="n"):
                program(torch.ones(size))


def test_constraints() -> None:
    """Relations between sizes are declared as text or in the seed page's form, and enforced."""
    x, y = torch.ones(3, 2), torch.ones(3, 2)
    new = fullgraph.export(
        lambda x, y: x.sum() + y.sum(),
        (x, y),
        dynamic_shapes=("a _", "b _"),
        constraints=["a >= b", "a <= 10"],
    )
    old = fullgraph.export(
        lambda x, y: x + y,
        (x, y),
        constraints=[
            fullgraph.dynamic_dim(x, 0) <= 10,
            fullgraph.dynamic_dim(x, 0) == fullgraph.dynamic_dim(y, 0),
        ],
    )

    assert new(torch.ones(5, 2), torch.ones(2, 2)).item() == 14
    for a, b in ((2, 3), (11, 3)):
        with pytest.raises(ContractError):
            new(torch.ones(a, 2), torch.ones(b, 2))
    assert old(torch.ones(10, 2), torch.ones(10, 2)).shape == (10, 2)
    for a, b in ((11, 11), (3, 4)):
        with pytest.raises(ContractError):
            old(torch.ones(a, 2), torch.ones(b, 2))
