"""Expressions: one object for one value, at constant cost."""

import copy
import itertools
import pickle
import threading
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.symbolic import (
    Expr,
    add,
    evaluate,
    integer,
    interning,
    mul,
    neg,
    pow_,
    prod,
    sub,
    sum_,
    symbol,
)
from tests.symbolic.strategies import SYMBOLS, Program, assignments, integers, outcome, polynomials

A, B, C = SYMBOLS


@given(integers())
def test_value_is_pythons(program: Program):
    """An expression has Python's own value wherever Python has one, 0 and 1 included."""
    for values in assignments():
        expected = outcome(lambda: program.python(values))

        if isinstance(expected, int):
            assert expected == evaluate(program.expr, values)


@given(integers(4), integers(4))
def test_same_object_means_same_value(a: Program, b: Program):
    """If the difference is the constant 0, the two are one object, and equal everywhere."""
    difference = sub(a.expr, b.expr)

    assert (difference is integer(0)) == (a.expr is b.expr)

    if a.expr is b.expr:
        for values in assignments((0, 1, 4)):
            left, right = outcome(lambda: a.python(values)), outcome(lambda: b.python(values))
            assert left == right or not (isinstance(left, int) and isinstance(right, int))


@given(polynomials(), polynomials())
def test_polynomials_are_one_object_exactly_when_they_are_equal(a: Program, b: Program):
    """A polynomial of degree 5 is 0 exactly when it is 0 on six values of each symbol; so "when and only when"."""
    programs = (a, b, Program(sub(a.expr, b.expr), lambda v: a.python(v) - b.python(v), "difference"))
    for one, other in itertools.combinations(programs, 2):
        equal = all(one.python(values) == other.python(values) for values in assignments((0, 1, 2, 3, 4, 5)))
        assert (one.expr is other.expr) == equal


@given(polynomials(8), st.randoms(use_true_random=False))
def test_terms_in_any_order_are_the_object(program: Program, random: Random):
    """Adding up the terms one by one, in whatever order, comes to the same object."""
    terms = list(program.expr.terms.items())
    random.shuffle(terms)

    assert sum_([mul(coefficient, prod(list(atoms))) for atoms, coefficient in terms]) is program.expr


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (add(A, B), add(B, A)),
        (mul(A, add(B, C)), add(mul(A, B), mul(C, A))),
        (mul(add(A, 1), sub(A, 1)), sub(pow_(A, 2), 1)),
        (sub(add(A, B), B), A),
        (sub(A, A), integer(0)),
        (add(sub(3, A), A), integer(3)),
        (neg(neg(A)), A),
        (sub(mul(2, A), mul(2, B)), mul(2, sub(A, B))),
    ],
)
def test_polynomials_are_one_object(one: Expr, other: Expr):
    """However a polynomial is computed, the result is the same object."""
    assert one is other


def test_equality_never_decides():
    """`==` is identity: usable as a dictionary key, and no question to anybody."""
    assert {A: 1, B: 2}[symbol("s0")] == 1
    assert (add(A, 1) == add(A, 2)) is False


def test_constants():
    """A constant has its Python value; constants beyond 64 bits too."""
    for value in (0, 1, -1, 2**62, -(2**64), 2**64, 2**200, -(3**150)):
        assert integer(value).is_const
        assert integer(value).value == value
        assert add(integer(value), sub(A, A)) is integer(value)
        assert sub(A, value) is add(A, -value)
        assert neg(mul(A, value)) is mul(A, -value)


def test_sum_of_many_symbols_visits_each_once():
    """A sum of n symbols makes n expressions and expands once, in n steps."""
    many = [symbol(f"x{i}") for i in range(2000)]
    interning.sweep()
    before = len(interning._table)
    total = sum_(many)
    made = len(interning._table) - before

    assert made <= len(many) + 1
    assert len(total.terms) == len(many)


def test_doubling_is_not_exponential():
    """Shared parts are expanded once: 150 doublings are 150 steps.

    Not 300: fingerprints are modulo `PRIME`, so `2**191 * a + 2**191` is the `19 * a + 19` of another test, if alive.
    """
    total = A
    for _ in range(150):
        total = add(total, add(total, 1))

    assert total.terms[(A,)] == 2**150


def test_large_products_stay_products():
    """A product of many sums is not multiplied out, and still is one object."""
    factors = [add(symbol(f"x{i}"), 1) for i in range(30)]
    forward, backward = integer(1), integer(1)
    for factor in factors:
        forward = mul(forward, factor)
    for factor in reversed(factors):
        backward = mul(backward, factor)

    assert forward is backward
    assert len(forward.terms) <= 256
    assert evaluate(forward, {symbol(f"x{i}"): 1 for i in range(30)}) == 2**30


def test_long_products_do_not_recurse():
    """A product of 2,000 symbols is made and expanded without deep recursion."""
    total = integer(1)
    for i in range(2000):
        total = mul(total, symbol(f"x{i % 7}"))

    assert sum(len(m) for m in total.terms) == 2000


def test_interning_forgets():
    """Expressions that nobody holds leave the table, which does not grow with the number of those that were made."""
    interning.sweep()
    before = len(interning._table)
    largest = 0
    for i in range(50_000):
        add(symbol(f"gone{i}"), i)
        largest = max(largest, len(interning._table))
    symbol.cache_clear()
    integer.cache_clear()
    interning.sweep()

    assert largest <= 2 * before + 20_000
    assert len(interning._table) <= before + 10


def test_threads_make_one_object():
    """Threads that make the same expression at once get the same object."""
    start, found = threading.Barrier(8), []

    def make() -> None:
        start.wait()
        found.append([add(mul(symbol(f"t{i}"), 3), symbol(f"t{i + 1}")) for i in range(300)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(all(x is y for x, y in zip(found[0], other, strict=True)) for other in found)


def test_copies_are_the_object():
    """Copying gives the object itself; pickling is refused, because it could not."""
    total = add(A, mul(2, B))

    assert copy.copy(total) is total
    assert copy.deepcopy([total])[0] is total
    with pytest.raises(TypeError, match="interned"):
        pickle.dumps(total)


def test_symbols():
    """The symbols of an expression are those it depends on."""
    assert mul(A, add(B, 1)).symbols == {A, B}
    assert sub(add(A, B), A).symbols == {B}
    assert integer(3).symbols == frozenset()
