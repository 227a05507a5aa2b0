"""What PyTorch's symbolic numbers lack or compute differently, as Python has it."""

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.symbolic import evaluate, expr_of, render, symbol, to_python
from tests.symbolic.strategies import outcome
from tests.symbolic.support import methods_in_place, scope_by_hint

S0 = symbol("s0")


COMPUTED = {
    "round(a, -1)": lambda a: round(a, -1),
    "round(a, 2)": lambda a: round(a, 2),
    "round(a)": lambda a: round(a),
    "divmod(a, 4)": lambda a: divmod(a, 4),
    "divmod(17, a + 1)": lambda a: divmod(17, a + 1),
    "~a": lambda a: ~a,
    "a // 0.1": lambda a: a // 0.1,
    "1.0 // (a + 1)": lambda a: 1.0 // (a + 1),
    "(a / 3) // 0.1": lambda a: (a / 3) // 0.1,
    "a ** 2": lambda a: a**2,
    "2 ** a": lambda a: 2**a,
    "(a - 3) ** -2": lambda a: (a - 50) ** -2,
    "(a / 2 - 3) ** 2": lambda a: (a / 2 - 3) ** 2,
    "a ** 0.5": lambda a: a**0.5,
    "min(a, 4)": lambda a: min(a, 4),
    "max([a, 4, 2 * a])": lambda a: max([a, 4, 2 * a]),
    "max(3, 4)": lambda a: max(3, 4),
    "a + (a > 3)": lambda a: a + (a > 3) - (a < 2) * (a > 1) + (a > 3) * a,
    "a // (1 + (a > 3))": lambda a: (a // (1 + (a > 3)), a % ((a > 3) + 2), a / ((a > 3) + 1)),
    "a & (a > 3)": lambda a: (a & (a > 3), a | (a > 3), a ^ (a > 3), a + True),
    "a < (a > 3)": lambda a: a < (a > 3),
    "a == (a < 2)": lambda a: a == (a < 2),
    "a / 2 >= (a > 3)": lambda a: a / 2 >= (a > 3),
    "a != True": lambda a: a != True,  # noqa: E712
    "sym_ite": lambda a: (
        torch.sym_ite(a > 3, a, 2 * a) if isinstance(a, torch.SymInt) else a if a > 3 else 2 * a
    ),
}


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_as_python(name: str):
    """Each gives Python's result and type for every value, without asking for one."""
    compute = COMPUTED[name]
    scope, asked = scope_by_hint()
    a = to_python(scope.declare("s0", hint=5, hi=40), scope)
    with methods_in_place():
        found = compute(a)

    for value in range(30):
        expected = compute(value)
        results = found if isinstance(found, tuple) else (found,)
        computed = [evaluate(expr_of(r), {S0: value}) for r in results]
        assert computed == (list(expected) if isinstance(expected, tuple) else [expected])
        assert [type(v) for v in computed] == list(
            map(type, expected if isinstance(expected, tuple) else [expected])
        )
    assert asked.asked == []


def test_text_asks_for_the_value():
    """An f-string of a size holds its digits, so it asks for the one value; `repr` shows the expression."""
    scope, asked = scope_by_hint()
    a = to_python(scope.declare("s0", hint=5), scope)
    with methods_in_place():
        assert repr(a + 1) == "s0 + 1"
        assert asked.asked == []
        assert f"{a}-{a:03d}" == "5-005"

    assert asked.asked == [("value", "s0")]


def test_extremes_of_other_things_are_pythons():
    """`min` and `max` of anything else, or with a key, are Python's own."""
    with methods_in_place():
        assert max("ab", "b") == "b"
        assert min([3, 1], key=lambda n: -n) == 3
        assert max([], default=7) == 7
        assert max(iter([1, 5, 2])) == 5
        assert max({1: 2, 3: 4}) == 3
        with pytest.raises(ValueError, match="empty"):
            max([])


def test_division_by_what_may_be_zero():
    """`divmod` asks that the divisor isn't 0, once."""
    scope, asked = scope_by_hint()
    a = to_python(scope.declare("s0", hint=5), scope)
    with methods_in_place():
        quotient, rest = divmod(7, a)

    assert asked.asked == [("check", "s0 != 0")]
    assert [render(expr_of(n)) for n in (quotient, rest)] == ["7 // s0", "7 % s0"]


def test_numbers_that_are_not_ours():
    """Symbolic numbers of PyTorch's own keep PyTorch's methods."""
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

    theirs = ShapeEnv().create_unbacked_symint()
    with methods_in_place():
        assert str(theirs) == "u0"
        assert str(round(theirs, 2)) == "u0"
        assert str(theirs // 2).count("u0") == 1
    assert math.floor(2.5) == 2


# Where floats stop to hold every integer, and where PyTorch's integers end.
LARGE = st.sampled_from([2**53, -(2**53), 2**54, 2**63, 10**23, 0]).flatmap(
    lambda n: st.integers(n - 3, n + 3)
)
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
# A number made of the integer n, as PyTorch's number and as Python's.
SIDES: dict[str, tuple[Callable[[Any], Any], Callable[[int], Any]]] = {
    "n": (lambda n: n, lambda n: n),
    "n - 1": (lambda n: n - 1, lambda n: n - 1),
    "float(n)": (torch.sym_float, float),
    "float(n + 1)": (lambda n: torch.sym_float(n + 1), lambda n: float(n + 1)),
    "n / 3 * 3": (lambda n: n / 3 * 3, lambda n: n / 3 * 3),
    "n * 1.0": (lambda n: n * 1.0, lambda n: n * 1.0),
    "2**53 + 1": (lambda n: 2**53 + 1, lambda n: 2**53 + 1),
    "2.0**53": (lambda n: 2.0**53, lambda n: 2.0**53),
    "10.0**23": (lambda n: 10.0**23, lambda n: 10.0**23),
}


@given(LARGE, st.sampled_from(sorted(SIDES)), st.sampled_from(sorted(SIDES)), st.sampled_from(COMPARISONS))
def test_comparisons_are_exact(value: int, left: str, right: str, compare: Callable[[Any, Any], Any]):
    """An integer meets a float as it is, above 2**53 too, where its own float is another number."""
    scope, asked = scope_by_hint()
    n = to_python(scope.declare("s0", lo=-(2**80), hint=5), scope)
    with methods_in_place():
        found = expr_of(compare(SIDES[left][0](n), SIDES[right][0](n)))

    assert evaluate(found, {S0: value}) is compare(SIDES[left][1](value), SIDES[right][1](value))
    assert asked.asked == []


ROUNDED: dict[str, Callable[[Any], Any]] = {
    "n / 3": lambda n: n / 3,
    "1 / n": lambda n: 1 / n,
    "n / (n + 1)": lambda n: n / (n + 1),
    "n // 2.0": lambda n: n // 2.0,
    "n % 2.5": lambda n: n % 2.5,
    "n % -2.5": lambda n: n % -2.5,
    "-0.0 * n": lambda n: -0.0 * n,
    "-0.0 // n": lambda n: -0.0 // n,
    "-0.0 % n": lambda n: -0.0 % n,
    "divmod(-n, 2.5)": lambda n: divmod(-n, 2.5)[1],
    "round(n / 7, 2)": lambda n: round(n / 7, 2),
    "round(n / 2)": lambda n: round(n / 2),
    "round(n, -2)": lambda n: round(n, -2),
    "round(n * 1.0, -2)": lambda n: round(n * 1.0, -2),
    "trunc(n * 1.0)": lambda n: math.trunc(n * 1.0),
    "ceil(n / 8) * 8": lambda n: math.ceil(n / 8) * 8,
    "n**2 / 2**1000 * 2.0**500": lambda n: n**2 / 2**1000 * 2.0**500,
    "n**20 * 1.0": lambda n: n**20 * 1.0,
    "n**20 / 3": lambda n: n**20 / 3,
}


@given(LARGE, st.sampled_from(sorted(ROUNDED)))
def test_floats_are_rounded_as_pythons(value: int, name: str):
    """Every bit is Python's, the sign of a zero too; what is too large for a float raises OverflowError."""
    compute = ROUNDED[name]
    scope, _ = scope_by_hint()
    n = to_python(scope.declare("s0", lo=-(2**80), hint=5), scope)
    with methods_in_place():
        found = expr_of(compute(n))

    computed, expected = outcome(lambda: evaluate(found, {S0: value})), outcome(lambda: compute(value))
    assert repr(computed) == repr(expected)
