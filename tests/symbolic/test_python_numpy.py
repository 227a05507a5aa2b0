"""numpy's functions of sizes: a float stays a float, so that what it is multiplied with has eager's dtype."""

import numpy as np
import pytest
import torch
from numpy import floor

from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same

SPEC = {"x": "n _"}
OTHERS = [(torch.arange(2 * n).reshape(n, 2),) for n in (0, 1, 2, 7, 1000)]


@pytest.mark.parametrize(
    "function",
    [
        lambda n: np.ceil(n / 2),
        lambda n: np.floor(n / 3),
        lambda n: floor(n / 3),
        lambda n: np.trunc(-n / 3),
        lambda n: np.rint(n / 2),
        lambda n: np.round(n / 2),
        lambda n: np.round(n / 3, 2),
        lambda n: np.ceil(n),
        np.rint,
        lambda n: np.round(n),
        np.sqrt,
        lambda n: np.log2(n + 1),
        lambda n: np.prod([n, 2]),
        lambda n: int(np.ceil(n / 2)),
        lambda n: n * np.int64(2) + np.float64(0.5),
        lambda n: np.ceil(2.5) * n,
    ],
)
def test_products_have_eagers_dtype(function):
    assert_same(lambda x: x * function(x.shape[0]), OTHERS[-2], OTHERS, dynamic_shapes=SPEC)


def test_arrays_of_sizes_are_refused():
    assert_refused(
        lambda x: x * torch.from_numpy(np.array(x.shape)), OTHERS[-2], kind=Unsupported, dynamic_shapes=SPEC
    )


def test_nothing_stays_behind():
    assert_same(lambda x: x * np.ceil(x.shape[0] / 2), OTHERS[-2], dynamic_shapes=SPEC)
    assert isinstance(np.ceil, np.ufunc)
