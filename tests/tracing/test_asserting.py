"""`assert` and `if ...: raise` on values are made again at each run; a choice between two ways is not one of them."""

import pytest
import torch
from torch import distributions

import fullgraph
from fullgraph import DataDependent
from tests.support import asserting


@pytest.mark.parametrize("program", asserting.ALL, ids=lambda fn: fn.__name__)
def test_an_assertion_on_values_is_made_at_each_run(program):
    exported = fullgraph.export(program, (asserting.EXAMPLE,), dynamic_shapes={"x": "n"})

    for x in (asserting.EXAMPLE, torch.tensor([1.0]), torch.arange(5.0)):
        assert torch.equal(exported(x), program(x))
    for x in (torch.tensor([1.0, 9.0]), torch.full((6,), 7.0)):
        with pytest.raises((AssertionError, ValueError)):
            program(x)
        with pytest.raises(RuntimeError, match=r"asserting\.py:\d+"):
            exported(x)


@pytest.mark.parametrize("program", asserting.NONE, ids=lambda fn: fn.__name__)
def test_a_choice_on_values_is_refused(program):
    with pytest.raises(DataDependent):
        fullgraph.export(program, (asserting.EXAMPLE,), dynamic_shapes={"x": "n"})


def test_a_constant_is_asked_at_once():
    """What is known at the export needs no check."""

    def program(x):
        if torch.tensor(5) > 3:
            raise ValueError("never exported")
        return x

    with pytest.raises(ValueError, match="never exported"):
        fullgraph.export(program, (asserting.EXAMPLE,))


def test_a_tensor_of_the_program_may_change_until_the_call():
    limit = torch.tensor(5)

    def program(x):
        if limit < 3:
            raise ValueError("too small")
        return x * limit

    exported = fullgraph.export(program, (asserting.EXAMPLE,))
    assert torch.equal(exported(asserting.EXAMPLE), program(asserting.EXAMPLE))
    limit.fill_(1)
    with pytest.raises(RuntimeError, match="raises here"):
        exported(asserting.EXAMPLE)


def of_normal(x):
    mean, scale = x.chunk(2, -1)
    return distributions.Normal(mean, scale.exp()).log_prob(mean * 0).sum(-1)


def of_several_dims(x):
    return distributions.MultivariateNormal(torch.zeros(4), torch.eye(4)).log_prob(x)


def of_mixture(x):
    parts = distributions.Normal(x, x.exp())
    return distributions.MixtureSameFamily(distributions.Categorical(logits=x), parts).log_prob(x.sum(-1))


@pytest.fixture
def validating():
    """`torch.compile` switches the checks off for the rest of the process."""
    before = distributions.Distribution._validate_args
    distributions.Distribution.set_default_validate_args(True)
    yield
    distributions.Distribution.set_default_validate_args(before)


@pytest.mark.usefixtures("validating")
@pytest.mark.parametrize("program", [of_normal, of_several_dims, of_mixture])
def test_what_distributions_check_is_checked_at_each_run(program):
    exported = fullgraph.export(program, (torch.randn(3, 4),), dynamic_shapes={"x": "n _"})

    for n in (1, 5):
        x = torch.randn(n, 4)
        torch.testing.assert_close(exported(x), program(x))
    nans = torch.full((2, 4), float("nan"))
    with pytest.raises(ValueError, match="invalid values"):
        program(nans)
    with pytest.raises(RuntimeError, match="The program raises here"):
        exported(nans)
