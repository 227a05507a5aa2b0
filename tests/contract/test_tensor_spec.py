"""`TensorSpec`: a tensor argument without data."""

import numpy as np
import pytest
import torch

from fullgraph.contract import Dim, TensorSpec
from fullgraph.errors import SpecError
from tests.contract.support import dims_of, specs_of, traced


def test_shapes():
    """A text and a sequence say the same."""
    assert TensorSpec("batch 3 2*h").shape == ("batch", 3, "2*h")
    assert TensorSpec(torch.Size([2, 3])).shape == (2, 3)
    assert TensorSpec([]).shape == ()
    assert TensorSpec("(h + 1)//2 h").shape == ("(h + 1)//2", "h")
    assert TensorSpec(np.array([2, 3]), "int64") == TensorSpec("2 3", torch.int64)
    assert TensorSpec("2 3") == TensorSpec((2, 3), torch.float32, "cpu")
    assert repr(TensorSpec("n 3", torch.int64)) == "TensorSpec([n, 3], torch.int64, 'cpu')"


def test_names_in_the_shape_are_dynamic():
    """Numbers are static, names dynamic without an example."""
    specs = specs_of(x=TensorSpec(("batch", 3, 2 * Dim("h", max=9), Dim.AUTO)), y=TensorSpec("batch h"))

    assert dims_of(specs) == ["batch 3 2*h s0", "batch h"]
    assert specs.samples == ({},)
    assert traced(specs).scope.hint_of(specs.symbols[0].symbol) is None


def test_numbers_are_examples():
    """A number at a dim that dynamic_shapes names is the example's size."""
    specs = specs_of({"x": "n _"}, x=TensorSpec("4 3"))

    assert dims_of(specs) == ["n 3"]
    assert list(specs.samples[0].values()) == [4]


@pytest.mark.parametrize("size", ["_", None, Dim.STATIC, "...", 1.5])
def test_every_size_is_said(size):
    with pytest.raises(SpecError):
        specs_of(x=TensorSpec((size, 3)))


def test_two_specs_for_one_size():
    with pytest.raises(SpecError, match=r"`x.shape\[0\]` is said to be n and m"):
        specs_of({"x": "m _"}, x=TensorSpec("n 3"))


@pytest.mark.parametrize(
    "arguments",
    [
        (3,), (None,), ((-1, 3),), ((True, 3),), ("b", "float31"), ("b", float), ("b", torch.int8, "nowhere"),
        ("b", torch.int8, "cpu", True), (b"ab",), ({0: 4},), ({4, 3},), ((2**63, 3),),
    ],
)  # fmt: skip
def test_no_tensor_is_like_that(arguments):
    with pytest.raises(SpecError) as caught:
        TensorSpec(*arguments)
    assert caught.value.instead
