"""Numbers and truth values as dynamic inputs, and those read out of tensors: programs compared with eager."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import fullgraph
from fullgraph import ContractError, Dim, SpecError, export
from fullgraph.errors import DataDependent, Specialized
from tests.support import assert_same

FLOATS = (0.5, 0.0, -0.0, 1.0, -1.0, -2.5, math.nan, math.inf, -math.inf, 1e-300, 1e300, 2.0**53, 3.7)
INTEGERS = (3, 0, 1, -1, 2, -7, 2**62, -(2**62), 2**53 + 1)
X = torch.arange(-2.0, 2.0)


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    """Return the result, or the exception."""
    try:
        return function(*args)
    except Exception as error:  # noqa: BLE001  (eager's exceptions are the expectation)
        return error


def same(a: Any, b: Any) -> bool:
    """Whether two results are the same to the bit, types included; nan is nan."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(bits(a), bits(b))
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a.hex() == b.hex() if isinstance(a, float) else a == b)


def bits(tensor: torch.Tensor) -> torch.Tensor:
    plain = tensor.double()
    return torch.stack([plain.nan_to_num(nan=0.0), plain.isnan().double()])


def agrees(function: Callable[..., Any], program: Any, *args: Any) -> bool:
    """Whether the program does what eager does here; False if the contract turns the call away."""
    expected, actual = outcome(function, *args), outcome(program, *args)
    if isinstance(expected, Exception):
        assert isinstance(actual, Exception), f"{args}: eager raises {expected!r}, the program gives {actual}"
        return True
    if isinstance(actual, ContractError):
        return False
    assert same(expected, actual), f"{args}: {expected} in eager, {actual!r} in the program"
    return True


def captured(function: Callable[..., Any], example: Any, values: tuple[Any, ...], rejected: int = 0) -> Any:
    """Export with the scalar dynamic; compare with eager at each value."""
    program = export(function, (X, example), dynamic_shapes=(None, Dim.DYNAMIC), verify=True)
    answers = [agrees(function, program, X, value) for value in values]
    assert answers.count(False) == rejected
    return program


ON_FLOATS: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda x, s: (
        s * 2,
        s + 1,
        1 - s,
        s / 2,
        -s,
        abs(s),
        s % 3.0,
        s // 0.3,
        s * s,
        divmod(s, 2.0),
    ),
    "powers": lambda x, s: (s**3, s**0),
    "inverse": lambda x, s: s**-1,
    "division": lambda x, s: 1 / s,
    "power of 2": lambda x, s: 2**s,
    "exp": lambda x, s: math.exp(s),
    "log": lambda x, s: math.log(s),
    "log to a base": lambda x, s: math.log(s, 3),
    "sqrt": lambda x, s: math.sqrt(s),
    "sin": lambda x, s: math.sin(s),
    "sinh": lambda x, s: math.sinh(s),
    "asin": lambda x, s: math.asin(s),
    "copysign": lambda x, s: math.copysign(2.0, s),
    "floor": lambda x, s: (math.floor(s), math.ceil(s), math.trunc(s), round(s)),
    "int": lambda x, s: x + int(s),
    "round": lambda x, s: round(s, 2),
    "comparisons": lambda x, s: (s > 0.5, s < 1, s == 0, s != 2, s <= 2**53 + 1, 0.5 > s, s == s),
    "classes": lambda x, s: (math.isnan(s), math.isfinite(s), math.isinf(s), s.is_integer()),
    "extremes": lambda x, s: (min(s, 1.0), max(s, 0.0), max(1.0, s), min(0.0, s)),
    "sym_max": lambda x, s: (torch.sym_max(s, 1.0), torch.sym_min(1.0, s), torch.sym_max(1, s)),
    "sum": lambda x, s: sum([s, s, 1]),
    "mul": lambda x, s: x * s,
    "integer tensor": lambda x, s: x.long() * s,
    "full": lambda x, s: torch.full((2,), s),
    "clamp": lambda x, s: x.clamp(s),
    "alpha": lambda x, s: torch.add(x, x, alpha=s),
    "where": lambda x, s: torch.where(x > 0, s, 0.0),
    "tensor": lambda x, s: (torch.tensor(s), torch.tensor([s, 1.0])),
    "tensor power": lambda x, s: (x**s, s**x),
    "leaky_relu": lambda x, s: F.leaky_relu(x, s),
    "compared with a tensor": lambda x, s: x > s,
    "cond": lambda x, s: fullgraph.cond(s > 0.5, lambda a: a + s, lambda a: a - s, [x]),
    "negated cond": lambda x, s: fullgraph.cond(
        torch.sym_not(s < 0.0), lambda a: a + 1, lambda a: a - 1, [x]
    ),
    "branches alike": lambda x, s: x + 1 if s > 0.5 else x + 1,
    "check": lambda x, s: (torch._check(s > 0), x * s)[1],
}


@pytest.mark.parametrize("name", ON_FLOATS)
def test_floats(name: str):
    captured(ON_FLOATS[name], 0.5, FLOATS)


def test_a_fractional_power_takes_no_negative_number():
    """In eager it is complex, or the root of minus infinity."""
    program = captured(lambda x, s: s**0.5, 0.5, FLOATS, rejected=3)
    assert any("not s < 0" in line for line in program.contract.lines())


ON_INTEGERS: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda x, n: (n * 2, n - 1, n * n, -n, abs(n), n % 7, n // 3, divmod(n, 5), n / 3, n**2),
    "with floats": lambda x, n: (
        n * 0.5,
        n + 0.5,
        3.0 * n,
        float(n),
        math.sqrt(abs(n)),
        math.log(abs(n) + 1),
    ),
    "comparisons": lambda x, n: (n > 2, n == 0, n != 0.5, n < 1e300, n == 2.0**53, n < 0.5),
    "bits": lambda x, n: (n & 7, n | 1, n ^ 3, ~n, n << 2, n >> 1),
    "add": lambda x, n: (x + n, x.long() + n, x / n),
    "powers": lambda x, n: (x**n, 2.0 ** (n % 5)),
    "full": lambda x, n: (torch.full((2,), n), torch.tensor(n), torch.where(x > 0, n, 0)),
    "moves": lambda x, n: (x.roll(n), x[:n]),
    "extremes": lambda x, n: (min(n, 3), max(n, 0)),
    "cond": lambda x, n: fullgraph.cond(n > 2, lambda a: a + n, lambda a: a - n, [x]),
}


@pytest.mark.parametrize("name", ON_INTEGERS)
def test_integers(name: str):
    captured(ON_INTEGERS[name], 3, INTEGERS)


ON_TRUTHS: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda x, b: (b + 1, b * 2, 2 * b, b + 0.5, 1 - b, b + b, int(b), float(b), ~b),
    "comparisons": lambda x, b: (b == True, b != False, b == 1, b > 0),  # noqa: E712
    "logic": lambda x, b: (b & True, b | False, b ^ True, b & (x.shape[0] > 2), torch.sym_not(b)),
    "tensors": lambda x, b: (x * b, x + b, torch.full((2,), b), torch.where(torch.tensor(b), x, -x)),
    "choice": lambda x, b: torch.sym_ite(b, 2, 3),
    "cond": lambda x, b: fullgraph.cond(b, lambda a: a + 1, lambda a: a - 1, [x]),
    "inside cond": lambda x, b: fullgraph.cond(x.sum() > 0, lambda a: a * b, lambda a: a + b, [x]),
}


@pytest.mark.parametrize("name", ON_TRUTHS)
def test_truth_values(name: str):
    captured(ON_TRUTHS[name], True, (True, False))


READ_FROM_TENSORS: dict[str, Callable[..., Any]] = {
    "returned": lambda t: t.item(),
    "mul": lambda t: X * t.item(),
    "full": lambda t: torch.full((), t.item()),
    "cond": lambda t: fullgraph.cond(t.item() > 0, lambda a: a + 1, lambda a: a - 1, [X]),
    "checked": lambda t: (torch._check(t.item() > 0), X * t.item())[1],
    "said": lambda t: (fullgraph.check(t.item() > 0, "positive"), X * t.item())[1],
    "root": lambda t: math.sqrt(t.item()),
    "rounded": lambda t: X + int(t.item()),
}


@pytest.mark.parametrize("name", READ_FROM_TENSORS)
def test_the_item_of_a_float_tensor(name: str):
    function = READ_FROM_TENSORS[name]
    program = export(function, (torch.tensor(0.5),))
    for value in (0.5, -1.0, 0.0, math.nan, math.inf, 1e30):
        assert agrees(function, program, torch.tensor(value))


def test_the_item_of_a_bool_tensor():
    def function(t: torch.Tensor) -> Any:
        value: Any = t.item()
        return value, X * value, fullgraph.cond(value, lambda a: a + 1, lambda a: a - 1, [X])

    program = export(function, (torch.tensor(True),))
    assert agrees(function, program, torch.tensor(True))
    assert agrees(function, program, torch.tensor(False))


def test_a_branch_on_an_item_is_refused_with_its_line():
    with pytest.raises(DataDependent) as caught:
        export(lambda t: X + 1 if t.item() > 0 else X, (torch.tensor(0.5),))
    assert caught.value.where is not None
    assert caught.value.where.file.endswith("test_scalars.py")


@pytest.mark.parametrize(("example", "test"), [(0.7, "s > 0.5"), (3, "s >= 3"), (True, "s")])
def test_a_branch_is_an_assumption_or_a_refusal(example: Any, test: str):
    def function(x: torch.Tensor, s: Any) -> torch.Tensor:
        if (
            s
            if isinstance(s, (bool, torch.SymBool))
            else s > 2
            if isinstance(s, (int, torch.SymInt))
            else s > 0.5
        ):
            return x + 1
        return x - 1

    with pytest.raises(Specialized) as caught:
        export(function, (X, example), dynamic_shapes=(None, Dim.DYNAMIC))
    assert test in caught.value.what
    program = export(function, (X, example), dynamic_shapes=(None, Dim.AUTO))
    assert agrees(function, program, X, example)
    assert not agrees(function, program, X, type(example)(0))


@pytest.mark.parametrize("value", [0.0, -0.0, math.nan, 2.5])
def test_a_float_whose_value_was_asked_for_is_that_value(value: float):
    """The digits of -0.0 are not those of 0.0."""
    program = export(lambda x, s: (x, str(s)), (X, value), dynamic_shapes=(None, Dim.AUTO))
    for other in (0.0, -0.0, math.nan, 2.5):
        if other.hex() == value.hex():
            assert program(X, other)[1] == str(value)
        else:
            with pytest.raises(ContractError):
                program(X, other)


def scaled(x: torch.Tensor, n: int, scale: float, flag: bool) -> Any:
    return x * scale + n, scale * 2, flag


def test_the_program_shows_them_as_it_shows_sizes():
    shapes = {"n": Dim("n", max=9), "scale": "s", "flag": Dim.DYNAMIC}
    program = export(scaled, (X, 3, 0.5, True), dynamic_shapes=shapes, verify=True)
    lines = program.contract.lines()
    assert lines[1:4] == ("n: int", "scale: float s", "flag: bool s0")
    assert "n: Sym(n), scale: Sym(s), flag: Sym(s0)" in str(program)
    assert [str(symbol) for symbol in program.range_constraints] == ["n", "s", "s0"]
    for run in (program, program.module(), program.with_runtime_assertions()):
        assert same(run(X, -4, math.nan, False), scaled(X, -4, math.nan, False))
    assert "n <= 9" in lines
    with pytest.raises(RuntimeError, match="outside of specified dynamic range"):
        program.with_runtime_assertions().graph_module(X, 10, 0.5, True)


@pytest.mark.parametrize(
    "call", [(True, 0.5, True), (3, 1, True), (3, 0.5, 1), (3.0, 0.5, True), (10, 0.5, True)]
)
def test_the_type_is_part_of_the_contract(call: tuple[Any, ...]):
    """A `True` is no integer, and an integer no float: promotion would differ."""
    shapes = {"n": Dim("n", max=9), "scale": Dim.DYNAMIC, "flag": Dim.DYNAMIC}
    program = export(scaled, (X, 3, 0.5, True), dynamic_shapes=shapes)
    with pytest.raises(ContractError) as caught:
        program(X, *call)
    assert "of type" in caught.value.what or "its range is -oo..9" in caught.value.what


@pytest.mark.parametrize(
    "shapes",
    [
        {"scale": Dim("s", max=3)},
        {"scale": 3},
        {"scale": "2*s"},
        {"x": "s", "scale": "s"},
        {"flag": "scale", "n": "scale"},
    ],
)
def test_specs_that_make_no_sense(shapes: Any):
    with pytest.raises(SpecError) as caught:
        export(scaled, (X, 3, 0.5, True), dynamic_shapes=shapes)
    assert caught.value.instead


def test_examples_make_what_differs_dynamic():
    program = export(scaled, (X, 3, 0.5, True), examples=[(X, 4, 0.25, False)])
    assert agrees(scaled, program, X, -1, math.inf, False)


_VALUES = {
    "n": st.integers() | st.sampled_from(INTEGERS),
    "s": st.floats() | st.sampled_from(FLOATS),
    "b": st.booleans(),
}
_NUMBERS = st.recursive(
    st.sampled_from(["n", "s", "b", "2", "0.5", "-1", "3.0"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner),
        st.builds("(-{})".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("math.sqrt({})".format, inner),
        st.builds("math.floor({})".format, inner),
        st.builds("max({0}, {1} * 1.0 - {1})".format, inner, inner),
        st.builds("math.tanh({})".format, inner),
    ),
    max_leaves=6,
)
_TESTS = st.builds(
    "({} {} {})".format, _NUMBERS, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), _NUMBERS
)


@settings(max_examples=60, deadline=None)
@given(_NUMBERS, _TESTS, st.lists(st.fixed_dictionaries(_VALUES), min_size=3, max_size=3))
def test_random_programs(number: str, test: str, calls: list[dict[str, Any]]):
    """Whatever a program of scalars returns in eager, it returns for every value; or the call is rejected."""
    text = f"lambda x, n, s, b: ({number}, {test}, x * ({number}))"
    function = eval(text, {"math": math})  # noqa: S307  (our own text)
    candidates = [{"n": 3, "s": 0.5, "b": True}, *calls]
    example = next(
        (c for c in candidates if not isinstance(outcome(function, X, *c.values()), Exception)), None
    )
    if example is None:
        return
    try:
        program = export(function, (X, *example.values()), dynamic_shapes=(None, *[Dim.AUTO] * 3))
    except fullgraph.FullgraphError:
        return
    assert agrees(function, program, X, *example.values())
    for call in calls:
        expected = outcome(function, X, *call.values())
        actual = outcome(program, X, *call.values())
        if not isinstance(actual, Exception):
            assert not isinstance(expected, Exception), f"{text} at {call}: eager raises {expected!r}"
            assert same(expected, actual), f"{text} at {call}: {expected} in eager, {actual} in the program"


def test_a_flag_that_pytorch_wants_plain_is_pinned_or_refused() -> None:
    """`keepdim=flag` is no question that a symbol can answer; a comparison beside it leaves other flags dynamic."""
    x = torch.ones(4, 3)

    def program(x: torch.Tensor, flag: bool) -> torch.Tensor:
        return x.sum(0, keepdim=flag)

    exported = export(program, (x, True), dynamic_shapes={"flag": Dim.AUTO, "x": None})
    torch.testing.assert_close(exported(x, True), program(x, True))
    with pytest.raises(ContractError, match="flag"):
        exported(x, False)
    with pytest.raises(Specialized, match="flag is True"):
        export(program, (x, True), dynamic_shapes={"flag": Dim.DYNAMIC, "x": None})


def test_a_flag_beside_a_comparison_that_pytorch_wants_plain_stays_dynamic() -> None:
    """Comparisons of sizes are asked first, and inputs only if that was not enough."""
    x = torch.ones(1, 4, 4)

    def program(x: torch.Tensor, flag: bool) -> torch.Tensor:
        causal = x.shape[1] > 1
        return torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=causal) + flag

    exported = export(
        program, (x, True), dynamic_shapes={"flag": Dim.DYNAMIC, "x": "_ n _"}, constraints=["n >= 2"]
    )
    torch.testing.assert_close(exported(x, False), program(x, False))


@pytest.mark.parametrize(
    ("shapes", "more", "refused"),
    [
        ({"k": "2*a+1"}, [(4, 9), (4, -3)], [(4, 8)]),
        ({"x": "a", "k": "a+b"}, [(5, 9), (0, 0)], []),
        ({"x": "b*b", "k": "b+1"}, [(9, 4), (0, 1)], [(9, 3)]),
        ({"x": "2*b", "k": "c - b"}, [(8, 7), (0, -1)], [(3, 7)]),
    ],
)
def test_integers_from_which_a_symbol_is_computed(shapes, more, refused):
    """No size and no argument is the symbol itself."""

    def fn(x, k):
        return x.sum() * k + x.shape[0] // 2, x.reshape(x.shape[0], 1) + k // 2

    assert_same(
        fn,
        (torch.ones(4), 3),
        [(torch.ones(size), k) for size, k in more],
        dynamic_shapes=shapes,
        refused=[(torch.ones(size), k) for size, k in refused],
    )
