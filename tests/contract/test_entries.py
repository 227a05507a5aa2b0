"""The spec of one tensor, in all its forms."""

import numpy as np
import pytest
import torch

from fullgraph.contract import Dim
from fullgraph.contract.dim import dynamic_dim
from fullgraph.contract.entries import STATIC, entries_of
from fullgraph.errors import SpecError

B, H = Dim("b"), Dim("h")


@pytest.mark.parametrize(
    ("spec", "entries"),
    [
        ("b 3 2*h _", (B, 3, 2 * H, STATIC)),
        ("b, 3, 2*h, _", (B, 3, 2 * H, STATIC)),
        ("b ...", (B, STATIC, STATIC, STATIC)),
        ("... h", (STATIC, STATIC, STATIC, H)),
        ("b ... h//2", (B, STATIC, STATIC, H // 2)),
        ("b ? _ ?", (B, Dim.AUTO, STATIC, Dim.AUTO)),
        ("b ... _ _ _", (B, STATIC, STATIC, STATIC)),
        ("(b + 1)//2 (b * h) ...", ((B + 1) // 2, B * H, STATIC, STATIC)),
        ((B, None, 3, "2*h"), (B, STATIC, 3, 2 * H)),
        ([B, ..., Dim.AUTO], (B, STATIC, STATIC, Dim.AUTO)),
        ({0: "b", -1: H}, (B, STATIC, STATIC, H)),
        ({1: Dim.STATIC}, (STATIC,) * 4),
        ({}, (STATIC,) * 4),
        (None, (STATIC,) * 4),
        (Dim.AUTO, (Dim.AUTO,) * 4),
        (torch.export.Dim.DYNAMIC, (Dim.DYNAMIC,) * 4),
        ({2: torch.export.Dim("h") * 2}, (STATIC, STATIC, 2 * H, STATIC)),
        ({np.int64(1): np.int32(3)}, (STATIC, 3, STATIC, STATIC)),
    ],
)
def test_forms(spec, entries):
    assert entries_of(spec, 4, "x") == entries


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("b 3 _", "has 3 dims, but the example has 4"),
        ("b _ _ _ _", "has 5 dims, but the example has 4"),
        ("... b ...", "`...` twice"),
        ("b h** _ _", "cannot be read as a size"),
        ("b h<3 _ _", "is no integer"),
        ("b h/2 _ _", "is no integer"),
        ("2 * h _", "'*' in the spec of `x` cannot be read"),
        ("f(h) _ _ _", "cannot be read as a size"),
        ("if _ _ _", "'if' in the spec of `x` cannot be read"),
        ({True: B}, "its keys are dims"),
        ({0.0: B}, "its keys are dims"),
        ({4: B}, "names dim 4, but the example has 4 dims"),
        ({-5: B}, "names dim -5"),
        ({"batch": B}, "its keys are dims"),
        ({3: B, -1: H}, "names dim 3 twice"),
        ({0: 2.5}, "is said to be 2.5"),
        ((B, True, None, None), "is said to be True"),
        ({0: dynamic_dim(torch.zeros(2), 0)}, "is said to be dynamic_dim"),
        (B, "has 1 dims"),
        (3.5, "says nothing of its dims"),
    ],
)
def test_refusals(spec, words):
    with pytest.raises(SpecError) as caught:
        entries_of(spec, 4, "x")
    assert words in caught.value.what
    assert caught.value.instead


def test_a_single_dim():
    """For a tensor with one dim, the dim alone says it."""
    assert entries_of(B, 1, "x") == (B,)
    assert entries_of("b", 1, "x") == (B,)
    assert entries_of("", 0, "x") == ()
