"""Symbolic numbers as PyTorch sees them: Python's arithmetic on them, and PyTorch's own shape code with them."""

import copy
import math
import operator

import pytest
import torch
from torch._dispatch.python import enable_python_dispatcher
from torch.fx.experimental.symbolic_shapes import guard_or_false, guard_or_true, statically_known_true

from fullgraph.symbolic import (
    Scope,
    eq,
    evaluate,
    expr_of,
    integer,
    lower,
    max_,
    min_,
    mul,
    parse,
    render,
    symbol,
    to_python,
)
from fullgraph.symbolic.nodes import IntNode
from tests.symbolic.support import NobodyAsked, scope_by_hint

S0, S1 = symbol("s0"), symbol("s1")

ARITHMETIC = {
    "a + b": lambda a, b: a + b,
    "3 + a": lambda a, b: 3 + a,
    "a - 7": lambda a, b: a - 7,
    "7 - a": lambda a, b: 7 - a,
    "a * b": lambda a, b: a * b,
    "a * a * 2": lambda a, b: a * a * 2,
    "-a": lambda a, b: -a,
    "+a": lambda a, b: +a,
    "abs(a - b)": lambda a, b: abs(a - b),
    "a // 3": lambda a, b: a // 3,
    "a // (b + 1)": lambda a, b: a // (b + 1),
    "17 // (b + 1)": lambda a, b: 17 // (b + 1),
    "a % 3": lambda a, b: a % 3,
    "-a % 8": lambda a, b: -a % 8,
    "a % (b + 2)": lambda a, b: a % (b + 2),
    "divmod": lambda a, b: divmod(a, 4) if not isinstance(a, torch.SymInt) else (a // 4, a % 4),
    "a / 2": lambda a, b: a / 2,
    "a / (b + 1)": lambda a, b: a / (b + 1),
    "a * 0.5": lambda a, b: a * 0.5,
    "0.5 + a": lambda a, b: 0.5 + a,
    "1.5 - a": lambda a, b: 1.5 - a,
    "a ** 2": lambda a, b: a**2,
    "a ** 0.5": lambda a, b: a**0.5,
    "round(a / 2)": lambda a, b: round(a / 2),
    "round(a / 7, 2)": lambda a, b: round(a / 7, 2),
    "floor": lambda a, b: math.floor(a * 0.7),
    "ceil": lambda a, b: math.ceil(a / 3),
    "trunc": lambda a, b: math.trunc(a / 3 - 1),
    "floor of int": lambda a, b: math.floor(a),
    "a << 2": lambda a, b: a << 2,
    "a >> 1": lambda a, b: a >> 1,
    "a & 3": lambda a, b: a & 3,
    "a & b": lambda a, b: a & b,
    "a | b": lambda a, b: a | b,
    "a ^ b": lambda a, b: a ^ b,
    "sum": lambda a, b: sum([a, b, 4, a]),
    "prod": lambda a, b: a * b * 4,
    "sym_max": lambda a, b: torch.sym_max(a, b),
    "sym_min": lambda a, b: torch.sym_min(a, 2),
    "sym_sum": lambda a, b: torch.sym_sum([a, b, 3, a]),
    "sym_float": lambda a, b: torch.sym_float(a),
    "sym_int": lambda a, b: torch.sym_int(a / 3),
    "sym_sqrt": lambda a, b: torch.sym_sqrt(a),
}


@pytest.mark.parametrize("name", sorted(ARITHMETIC))
def test_arithmetic_is_pythons(name: str):
    """Arithmetic on a symbolic size gives what Python gives for each of its values."""
    function = ARITHMETIC[name]
    scope, asked = scope_by_hint()
    a, b = to_python(scope.declare("s0", hint=5), scope), to_python(scope.declare("s1", hint=3), scope)
    result = function(a, b)

    for x in range(12):
        for y in range(5):
            expected = function(x, y)
            found = result if isinstance(result, tuple) else (result,)
            values = [evaluate(expr_of(r), {S0: x, S1: y}) for r in found]
            assert values == (list(expected) if isinstance(expected, tuple) else [expected])
            assert [type(v) for v in values] == [
                type(v) for v in (expected if isinstance(expected, tuple) else (expected,))
            ]
    assert asked.asked == []


@pytest.mark.parametrize("name", sorted(ARITHMETIC))
def test_lowered_steps_compute_the_value(name: str):
    """The steps a graph would take compute the same value, with plain numbers."""

    def run(what: object) -> object:
        if what is S0:
            return 7
        if what is S1:
            return 4
        if isinstance(what, (int, float, bool)):
            return what
        function, operands = lower(what)
        return function(*map(run, operands))

    function = ARITHMETIC[name]
    scope, _ = scope_by_hint()
    a, b = to_python(scope.declare("s0", hint=5), scope), to_python(scope.declare("s1", hint=3), scope)
    results, expected = function(a, b), function(7, 4)
    if not isinstance(results, tuple):
        results, expected = (results,), (expected,)

    assert [run(expr_of(r)) for r in results] == list(expected)


def test_lowered_form():
    """A step is a function that graphs call, and operands that need a step each."""
    assert lower(parse("s0*2 + 1")) == (operator.add, (mul(S0, 2), 1))
    assert lower(mul(S0, 2)) == (operator.mul, (S0, 2))
    assert lower(parse("s0 - 2*s1")) == (operator.sub, (S0, mul(S1, 2)))
    assert lower(parse("round(s0 / 2)")) == (round, (parse("s0 / 2"),))
    assert lower(parse("max(s0, 3)"))[0] is torch.sym_max
    assert lower(parse("s0 == 3")) == (operator.eq, (S0, 3))
    assert lower(parse("s0 < s1")) == (operator.lt, (S0, S1))
    with pytest.raises(TypeError, match="not computed"):
        lower(S0)


def test_lowering_long_sums():
    """A sum of many terms is split in halves, not taken off one by one."""
    many = parse(" + ".join(f"x{i}" for i in range(100)))
    _, (left, right) = lower(many)

    assert len(left.terms) == len(right.terms) == 50


def test_constants_are_plain_numbers():
    """What has one value is a Python number."""
    scope = Scope(NobodyAsked())
    s0 = scope.declare("s0")

    assert type(to_python(integer(3), scope)) is int
    assert to_python(parse("s0 >= 0 and s0 >= 0"), scope) is not None
    scope.assume(eq(s0, 4))
    assert to_python(mul(s0, 2), scope) == 8
    assert type(to_python(mul(s0, 2), scope)) is int


def test_expr_of():
    """Any number has an expression; what isn't ours is refused."""
    scope = Scope(NobodyAsked())
    s0 = scope.declare("s0")

    assert expr_of(to_python(s0, scope)) is s0
    assert expr_of(3) is integer(3)
    assert expr_of(True) is parse("True")
    assert expr_of(2.5).value == 2.5
    with pytest.raises(TypeError, match="expected a number"):
        expr_of("3")
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

    theirs = ShapeEnv().create_unbacked_symint()
    with pytest.raises(TypeError, match="another trace"):
        expr_of(theirs)


def test_questions_that_follow_are_not_asked():
    """What follows from the facts is answered without asking anybody."""
    scope = Scope(NobodyAsked())
    a = to_python(scope.declare("s0"), scope)

    assert a == a
    assert a >= 0
    assert a + 1 > a
    assert not a < 0
    assert 2 * a % 2 == 0
    assert statically_known_true(a >= 0)
    assert not statically_known_true(a >= 1)
    assert guard_or_false(a >= 0)
    assert not guard_or_true(a < 0)


def test_questions_are_asked_once_with_their_kind():
    """What doesn't follow is asked, and the answer is a fact from then on."""
    scope, asked = scope_by_hint()
    a = to_python(scope.declare("s0", hint=5), scope)

    assert a > 3
    assert a > 3
    assert a >= 2
    assert not guard_or_false(a == 4)
    assert guard_or_true(a != 4)
    torch._check(a <= 8)
    assert int(a) == 5
    assert asked.asked == [
        ("guard", "s0 >= 4"),
        ("or_false", "s0 == 4"),
        ("or_true", "s0 != 4"),
        ("check", "s0 <= 8"),
        ("value", "s0"),
    ]
    assert a * 2 == 10


def test_divisors_are_checked():
    """A divisor that might be 0 is asked for once, as a check; Python raises there."""
    scope, asked = scope_by_hint()
    a, b = (to_python(scope.declare(name, hint=5), scope) for name in ("s0", "s1"))
    _ = a // b, a % b, a / b

    assert asked.asked == [("check", "s1 != 0")]
    with pytest.raises(ZeroDivisionError):
        _ = a // (b - b)


def test_text():
    """A symbolic number shows its expression."""
    scope = Scope(NobodyAsked())
    a = to_python(scope.declare("s0"), scope)

    assert str(a * 2 + 1) == "2*s0 + 1"
    assert str(torch.Size([2, 3])) == "torch.Size([2, 3])"


def test_copies_keep_the_symbol():
    """A deep copy of a symbolic number stands for the same size."""
    scope = Scope(NobodyAsked())
    a = to_python(scope.declare("s0"), scope)

    assert expr_of(copy.deepcopy([a])[0]) is S0


class Shapes:
    """Tensors without data whose sizes are symbols."""

    def __init__(self) -> None:
        self.scope, self.asked = scope_by_hint()
        self.b = to_python(self.scope.declare("s0", lo=2, hint=3), self.scope)
        self.n = to_python(self.scope.declare("s1", lo=2, hint=5), self.scope)

    def tensor(self, *sizes: object) -> torch.Tensor:
        return torch.empty(sizes, device="meta")


SHAPES = {
    "view": (lambda s: s.tensor(s.b, 4).view(s.b * 4), "4*s0"),
    "view -1": (lambda s: s.tensor(s.b, s.n, 8).view(s.b, -1), "s0, 8*s1"),
    "reshape": (lambda s: s.tensor(s.b, s.n, 8).transpose(1, 2).reshape(s.b, -1), "s0, 8*s1"),
    "transpose": (lambda s: s.tensor(s.b, s.n).t(), "s1, s0"),
    "cat": (lambda s: torch.cat([s.tensor(s.b, 4), s.tensor(s.n, 4)]), "s0 + s1, 4"),
    "matmul": (lambda s: s.tensor(s.b, 8, s.n) @ s.tensor(s.b, s.n, 3), "s0, 8, 3"),
    "add": (lambda s: s.tensor(s.b, 1) + s.tensor(s.b, s.n), "s0, s1"),
    "sum": (lambda s: s.tensor(s.b, s.n, 3).sum(1), "s0, 3"),
    "slice": (lambda s: s.tensor(s.b, s.n)[:, 1:], "s0, s1 - 1"),
    "expand": (lambda s: s.tensor(1, 4).expand(s.b, 4), "s0, 4"),
    "unsqueeze": (lambda s: s.tensor(s.b).unsqueeze(0), "1, s0"),
    "stack": (lambda s: torch.stack([s.tensor(s.n), s.tensor(s.n)]), "2, s1"),
    "conv": (
        lambda s: torch.nn.functional.conv2d(s.tensor(s.b, 3, s.n * 2, 32), s.tensor(6, 3, 3, 3), padding=1),
        "s0, 6, 2*s1, 32",
    ),
    "layer_norm": (lambda s: torch.nn.functional.layer_norm(s.tensor(s.b, s.n, 8), (8,)), "s0, s1, 8"),
    "arange": (lambda s: torch.arange(s.n, device="meta"), "s1"),
    "zeros": (lambda s: torch.zeros(s.b + 1, s.n // 2, device="meta"), "s0 + 1, s1 // 2"),
    "split": (lambda s: s.tensor(s.b * 2, 4).chunk(2)[1], "s0, 4"),
    "flatten": (lambda s: s.tensor(s.b, s.n, 3).flatten(1), "s0, 3*s1"),
    "contiguous": (lambda s: s.tensor(s.b, s.n).t().contiguous(), "s1, s0"),
    "pad": (lambda s: torch.nn.functional.pad(s.tensor(s.b, s.n), (1, 2)), "s0, s1 + 3"),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shape_code_of_torch(name: str):
    """PyTorch's own shape code, in C++ and in Python, computes with our symbols."""
    compute, expected = SHAPES[name]
    shapes = Shapes()
    with enable_python_dispatcher():
        result = compute(shapes)

    assert ", ".join(render(expr_of(size)) for size in result.shape) == expected


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shape_code_needs_no_assumption(name: str):
    """With sizes known to be at least 2, nothing is asked that would narrow the program."""
    compute, _ = SHAPES[name]
    shapes = Shapes()
    with enable_python_dispatcher():
        compute(shapes)
    asked = [question for kind, question in shapes.asked.asked if kind not in ("or_false", "or_true")]

    assert asked == []


def test_layout_questions():
    """Contiguity of symbolic strides is known where it follows."""
    shapes = Shapes()
    x = shapes.tensor(shapes.b, 3, shapes.n, 8)

    assert x.is_contiguous()
    assert not x.transpose(2, 3).is_contiguous()
    assert shapes.asked.asked == []
    assert x.stride()[1] is not None
    assert [render(expr_of(stride)) for stride in x.stride()] == ["24*s1", "8*s1", "8", "1"]


def test_broadcast_shapes():
    """`torch.broadcast_shapes` keeps symbols."""
    shapes = Shapes()

    assert [str(n) for n in torch.broadcast_shapes((shapes.b, 1), (shapes.b, shapes.n))] == ["s0", "s1"]


@pytest.mark.parametrize(
    "bounds", [(0, 4, 4, 9), (4, 9, 0, 4), (2, 2, 0, 5), (0, 5, 2, 2), (0, 6, 3, 9), (3, 3, 3, 3)]
)
def test_an_extreme_that_ranges_settle_is_the_simplified_one(bounds):
    scope = Scope(NobodyAsked())
    a, b = scope.declare("s0", *bounds[:2]), scope.declare("s1", *bounds[2:])
    x, y = IntNode(a, scope), IntNode(b, scope)
    assert x.sym_max(y).expr is scope.simplify(max_(a, b))
    assert x.sym_min(y).expr is scope.simplify(min_(a, b))
