"""Random nestings of conds, loops, scans and writes: the program is eager, whichever way the data sends it."""

import torch
from hypothesis import given
from hypothesis import strategies as st

import fullgraph
from tests.support import assert_same, assert_same_gradients

PURE = [
    lambda x, a: x.tanh() + 1,
    lambda x, a: x * a.sum().sigmoid(),
    lambda x, a: x - x.mean(),
    lambda x, a: (x + a.shape[0]).sin(),
]
WRITES = [
    lambda x, a: a.add_(x.sum().tanh()),
    lambda x, a: a[0].mul_(0.5),
    lambda x, a: a[..., 1].sub_(x.amax()),
]
PREDICATES = [
    lambda x, a: x.sum() > 0,
    lambda x, a: a.sum() > x.mean(),
    lambda x, a: a.shape[0] > 2,
    lambda x, a: a.shape[0] == 5,
]
COUNTS = [lambda x, a: 2, lambda x, a: a.shape[0] - 1, lambda x, a: (x.sum().abs() * 7).long() % 3]

step = st.one_of(
    st.tuples(st.just("pure"), st.sampled_from(PURE)),
    st.tuples(st.just("write"), st.sampled_from(WRITES)),
)
block = st.recursive(
    st.lists(step, min_size=1, max_size=3),
    lambda inner: st.lists(
        st.one_of(
            step,
            st.tuples(st.just("cond"), st.sampled_from(PREDICATES), inner, inner),
            st.tuples(st.just("while"), st.sampled_from(COUNTS), inner),
            st.tuples(st.just("while in place"), st.sampled_from(COUNTS), inner),
            st.tuples(st.just("switch"), inner, inner, inner),
            st.tuples(st.just("scan"), inner),
            st.tuples(st.just("map"), inner),
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=6,
)


def run(steps, x, a):
    """Run a block: `x` goes from step to step, `a` is closed over and written."""
    for kind, *parts in steps:
        x = STEPS[kind](x, a, *parts)
    return x


def run_write(x, a, write):
    write(x, a)
    return x


def run_cond(x, a, predicate, one, other):
    return fullgraph.cond(predicate(x, a), lambda x: run(one, x, a), lambda x: run(other, x, a), (x,))


def run_while(x, a, count, body):
    limit = count(x, a)
    return fullgraph.while_loop(lambda i, y: i < limit, lambda i, y: (i + 1, run(body, y, a)), (0, x))[1]


def run_while_in_place(x, a, count, body):
    limit, kept = count(x, a), x * 1
    last = fullgraph.while_loop(
        lambda i, y: i < limit, lambda i, y: (i + 1, y.add_(run(body, y * 1, a))), (0, kept)
    )[1]
    return last - kept * 0.5


def run_switch(x, a, *branches):
    index = (x.sum() * 5).long() % 3
    return fullgraph.switch(index, [lambda x, each=each: run(each, x, a) for each in branches], (x,))


def run_scan(x, a, body):
    def combine(carry, row):
        return run(body, carry + row.sum(), a), carry.mean()

    last, means = fullgraph.scan(combine, x, a.clone())
    return last + means.sum()


STEPS = {
    "pure": lambda x, a, function: function(x, a),
    "write": run_write,
    "cond": run_cond,
    "while": run_while,
    "while in place": run_while_in_place,
    "switch": run_switch,
    "scan": run_scan,
    "map": lambda x, a, body: x + fullgraph.map(lambda row: run(body, row, a), a * 2).mean(),
}


@given(steps=block, written=st.booleans())
def test_any_nesting_is_eager(steps, written):
    """`a` is an input, or made of one: what is written to it in any branch or step is seen after it, and only then."""

    def program(x, a):
        a = a if written else a * 1
        return run(steps, x, a) + a.sum(), a * 2

    torch.manual_seed(0)
    calls = [(sign * torch.rand(3, 2), torch.randn(n, 2)) for n in (3, 1, 5) for sign in (1, -1)]
    assert_same(program, calls[0], calls, dynamic_shapes={"x": "_ _", "a": "n _"}, rtol=1e-4, atol=1e-5)


@given(steps=block)
def test_gradients_of_any_nesting(steps):
    """Gradients flow through the branches and steps that ran, and through what they wrote."""

    def program(x, a):
        a = a * 1
        return run(steps, x * 1, a).sum() + (a * a).sum()

    torch.manual_seed(0)
    calls = [(sign * torch.rand(3, 2), torch.randn(n, 2)) for n in (3, 5) for sign in (1, -1)]
    leaves = [tuple(x.requires_grad_() for x in call) for call in calls]
    assert_same_gradients(
        program, leaves[0], leaves, dynamic_shapes={"x": "_ _", "a": "n _"}, rtol=1e-3, atol=1e-4
    )
