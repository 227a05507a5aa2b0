"""What a trace concludes from an exception depends on whose it is."""

import pytest
import torch

import fullgraph
from fullgraph import tracing
from fullgraph.errors import Specialized
from fullgraph.tracing import is_of_the_program


def caught(fn):
    with pytest.raises(Exception) as found:  # noqa: PT011
        fn()
    return found.value


def own_code():
    raise KeyError("mine")


def by_compile(text, name):
    """A function whose code stands in a file of the package."""
    namespace = {"torch": torch}
    exec(compile(f"def fault():\n    {text}", name, "exec"), namespace)
    return namespace["fault"]


OURS = tracing.__file__


def test_what_the_users_code_raises_is_the_programs():
    assert is_of_the_program(caught(own_code))
    assert is_of_the_program(caught(lambda: torch.ones(2) @ torch.ones(3)))


@pytest.mark.parametrize("text", ["raise ValueError('as eager')", "torch.ones(2) @ torch.ones(3)"])
def test_what_we_raise_in_the_place_of_an_operator_is_the_programs(text):
    assert is_of_the_program(caught(by_compile(text, OURS)))


@pytest.mark.parametrize(
    "text", ["assert False", "{}['x']", "None.shape", "nowhere", "[][0]", "len()", "a, b = (1,)", "1 + None"]
)
def test_a_fault_of_ours_is_not(text):
    assert not is_of_the_program(caught(by_compile(text, OURS)))


def test_a_refusal_is_not():
    assert not is_of_the_program(caught(lambda: fullgraph.Dim("1")))


def test_a_fault_on_the_other_side_of_a_branch_is_no_check():
    """Nothing is known of that side, so the answer stays an assumption, which a dynamic dim refuses."""
    fault = by_compile("assert False", OURS)

    def program(x):
        if x.shape[0] > 4:
            return x.sin()
        fault()
        return x

    def checked(x):
        assert x.shape[0] > 4
        return x.sin()

    with pytest.raises(Specialized, match="n >= 5"):
        fullgraph.export(program, (torch.ones(6),), dynamic_shapes=("n",))
    assert "n >= 5" in str(fullgraph.export(checked, (torch.ones(6),), dynamic_shapes=("n",)).contract)


def test_a_fault_in_the_branch_that_no_call_takes_is_raised():
    fault = by_compile("assert False", OURS)

    def program(x):
        return fullgraph.cond(x.shape[0] > 4, torch.sin, lambda x: fault(), (x,))

    def senseless(x):
        return fullgraph.cond(x.shape[0] > 4, torch.sin, lambda x: x @ torch.ones(99), (x,))

    with pytest.raises(AssertionError):
        fullgraph.export(program, (torch.ones(6),))
    assert torch.equal(fullgraph.export(senseless, (torch.ones(6),))(torch.ones(6)), torch.ones(6).sin())
