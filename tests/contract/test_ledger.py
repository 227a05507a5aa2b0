"""The ledger keeps each fact once, with the origin a reader wants."""

from fullgraph.contract import AssumptionKind, Ledger
from fullgraph.symbolic import le, symbol
from tests.contract.support import CHECK, OPERATOR, PROGRAM, specs_of, zeros

N = symbol("n")


def test_each_fact_once():
    """The first origin is kept, unless a check demands the fact as well."""
    ledger = Ledger()
    ledger.assume(le(N, 4), None, OPERATOR, "first")
    ledger.assume(le(N, 4), None, PROGRAM, "second")
    ledger.assume(le(N, 5), None, PROGRAM)
    assert [(a.kind, a.note) for a in ledger.assumptions] == [(OPERATOR, "first"), (PROGRAM, "")]

    ledger.assume(le(N, 4), None, CHECK, "third")
    assert [(a.kind, a.note) for a in ledger.assumptions] == [(CHECK, "third"), (PROGRAM, "")]


def test_declared_facts_stay_declared():
    ledger = Ledger()
    ledger.assume(le(N, 4), None, AssumptionKind.DECLARED)
    ledger.assume(le(N, 4), None, CHECK)
    assert [a.kind for a in ledger.assumptions] == [AssumptionKind.DECLARED]


def test_undo():
    """A branch that is left forgets what was assumed in it."""
    ledger = Ledger()
    ledger.assume(le(N, 4), None, OPERATOR)
    mark = ledger.mark()
    ledger.assume(le(N, 3), None, OPERATOR)
    ledger.assume(le(N, 4), None, OPERATOR)
    ledger.undo(mark)
    assert [a.fact for a in ledger.assumptions] == [le(N, 4)]


def test_who_declared_a_symbol():
    """Strictness is known while tracing; other symbols are nobody's."""
    specs = specs_of({"x": "n ?"}, x=zeros(2, 3))
    ledger = Ledger()
    ledger.declare(specs.symbols)
    assert ledger.is_dynamic(N)
    assert not ledger.is_dynamic(symbol("s0"))
    assert not ledger.is_dynamic(symbol("u0"))
    assert ledger.spec_of(symbol("s0")).text == "x.shape[1]"
    assert ledger.spec_of(symbol("u0")) is None
    assert ledger.symbols == specs.symbols


def test_constants():
    ledger = Ledger()
    ledger.constant("model.scale", 2.0)
    ledger.constant("model.scale", 3.0)
    assert [(c.path, c.value) for c in ledger.constants] == [("model.scale", 2.0)]
