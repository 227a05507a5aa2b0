"""What PyTorch's symbolic numbers lack or compute differently, as Python has it."""

import contextlib
import math
from collections.abc import Iterator

import pytest
import torch

from fullgraph.symbolic import PYTHON_METHODS, evaluate, expr_of, render, symbol, to_python
from tests.symbolic.support import scope_by_hint

S0 = symbol("s0")


@contextlib.contextmanager
def methods_in_place() -> Iterator[None]:
    """Put the methods where they belong, and what was there back."""
    before = {place: place[0].__dict__.get(place[1]) for place in PYTHON_METHODS}
    for (owner, name), replacement in PYTHON_METHODS.items():
        setattr(owner, name, replacement(before[owner, name]))
    try:
        yield
    finally:
        for (owner, name), original in before.items():
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


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
        assert {type(v) for v in computed} == {type(expected[0] if isinstance(expected, tuple) else expected)}
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
