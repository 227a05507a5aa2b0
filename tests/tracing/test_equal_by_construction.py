"""A tensor that is made in the same way twice is equal to itself, of whatever size, unless it holds nan."""

import pytest
import torch
from torch import nn

from fullgraph import Dim
from fullgraph.errors import DataDependent
from tests.support import assert_refused, assert_same

_MORE = [(torch.randn(n, 2),) for n in (0, 1, 7)]


def causal(n):
    return torch.full((n, n), float("-inf")).triu(1)


def of_masks(x):
    other = torch.triu(torch.full((len(x), len(x)), float("-inf"), dtype=torch.float32), diagonal=1)
    return x + 1 if (causal(x.shape[0]) == other).all() else x * 2


def of_views(x):
    ones = torch.ones(x.shape[0] + 1, 2)
    return x + 1 if bool((ones[1:] == torch.ones(1 + len(x), 2)[1:]).all()) else x * 2


@pytest.mark.parametrize("program", [of_masks, of_views])
def test_what_is_made_in_the_same_way_is_equal(program):
    assert_same(program, (torch.randn(3, 2),), _MORE, dynamic_shapes={"x": "n _"})


def of_nan(x):
    other = torch.full((len(x),), float("nan"))
    return x + 1 if (torch.full((len(x),), float("nan")) == other).all() else x


def of_quotients(x):
    zeros = torch.zeros(len(x))
    return x + 1 if (zeros / zeros == zeros / zeros).all() else x


def of_contents(x):
    return x + 1 if (x == x).all() else x  # noqa: PLR0124  (false of nan)


def of_chance(x):
    return x + 1 if (torch.rand(len(x)) == torch.rand(len(x))).all() else x


def of_other_sizes(x):
    return x + 1 if (torch.ones(len(x)) == torch.ones(1)).all() else x


def of_other_numbers(x):
    return x + 1 if (torch.full((len(x),), 1.0) == torch.full((len(x),), 2.0)).all() else x


@pytest.mark.parametrize(
    "program", [of_nan, of_quotients, of_contents, of_chance, of_other_sizes, of_other_numbers]
)
def test_what_is_not_known_to_be_equal_is_asked(program):
    assert_refused(program, (torch.randn(3, 2),), kind=DataDependent, dynamic_shapes={"x": "n _"})


class Encoder(nn.Module):
    """As in PyTorch's tutorial on language modelling."""

    def __init__(self, keeps):
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 2)
        self.keeps = keeps
        self.mask = None

    def forward(self, x):
        if self.mask is None or self.mask.size(0) != len(x):
            mask = nn.Transformer.generate_square_subsequent_mask(len(x))
            if not self.keeps:
                return self.encoder(x, mask)
            self.mask = mask
        return self.encoder(x, self.mask)


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_an_encoder_that_makes_its_mask(keeps, training):
    module = Encoder(keeps).train(training)
    more = [(torch.randn(length, batch, 8),) for length, batch in ((1, 1), (2, 5), (33, 2))]
    assert_same(
        module, (torch.randn(5, 2, 8),), more, dynamic_shapes={"x": "length batch _"}, atol=1e-5, rtol=1e-5
    )


def test_a_number_that_may_be_nan_is_not_equal_to_itself():
    def program(x, scale):
        if (torch.full((3,), scale) == torch.full((3,), scale)).all():
            return x * 2
        return x * 3

    assert_refused(program, (torch.ones(3), 2.0), dynamic_shapes={"scale": Dim.DYNAMIC}, kind=DataDependent)
