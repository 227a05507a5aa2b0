"""Operators that want plain integers take sizes, and the program is right at all of them."""

import pytest
import torch
import torch.nn.functional as F
from torch.nn.functional import one_hot

from tests.support import assert_same

X = torch.arange(12.0).reshape(6, 2)
OTHERS = [(torch.arange(2.0 * n).reshape(n, 2),) for n in (1, 2, 5, 40)]
EMPTY = torch.zeros(0, 2)


def programs(table):
    """Return the functions of `x` and `n`, its size, by their text."""
    texts = [text.strip() for line in table.strip().splitlines() for text in line.split(";")]
    names = {"torch": torch, "F": F}
    return {text: eval(f"lambda x: (lambda n: {text})(x.shape[0])", names) for text in texts}


AT_ALL_SIZES = programs("""
torch.hann_window(n); torch.hann_window(n // 2, False); torch.hamming_window(n, True, 0.5); torch.bartlett_window(n)
torch.hamming_window(n, alpha=0.5, beta=0.4, periodic=False); torch.blackman_window(n + 1, dtype=torch.float64)
torch.kaiser_window(n); torch.kaiser_window(n, False, beta=11.0)
torch.tril_indices(n, n); torch.tril_indices(n, 3); torch.tril_indices(3, n, -1); torch.tril_indices(3, 4, n - 5)
torch.triu_indices(n, n, 1); torch.triu_indices(n, 3, offset=-2); torch.triu_indices(row=3, col=n)
torch.triu_indices(4, 5, 2 - n)
torch.tril_indices(n, 2 * n, 3).shape; torch.triu_indices(n, n, 3 - n).shape
torch.fft.rfftfreq(n + 1, 0.5); torch.fft.fftfreq(n + 1, d=0.1); torch.vander(torch.arange(3), n)
F.one_hot(torch.arange(n), n + 1); F.one_hot(torch.arange(2), num_classes=n + 2)
torch.histc(x, bins=n + 1, min=0, max=3)
F.adaptive_avg_pool1d(x.T.repeat(1, 2)[None, :, :1], n + 1)
""")
WITH_WINDOWS = programs("""
F.avg_pool1d(x.T[None], n); F.avg_pool2d(x.repeat(1, n)[None], n); F.avg_pool2d(x[None], x.shape)
torch.avg_pool1d(x.T[None], 1, n)
F.max_pool1d(x.T[None], n); F.max_pool2d(x[None], kernel_size=(n, 2)); F.max_pool2d(x[None], (n, 2), stride=1)
""")


@pytest.mark.parametrize("text", AT_ALL_SIZES)
def test_at_all_sizes(text):
    program = assert_same(
        lambda x: (AT_ALL_SIZES[text](x), x.sum()), (X,), [(EMPTY,), *OTHERS], dynamic_shapes={"x": "n _"}
    )
    assert "n >= " not in str(program.contract)


@pytest.mark.parametrize("text", WITH_WINDOWS)
def test_a_window_has_an_element(text):
    """Eager raises as well."""
    program = WITH_WINDOWS[text]
    assert_same(program, (X,), OTHERS, dynamic_shapes={"x": "n _"}, refused=[(EMPTY,)])
    with pytest.raises(RuntimeError):
        program(EMPTY)


def test_under_vmap_it_is_pytorchs_own():
    assert_same(
        lambda x: torch.vmap(lambda row: F.one_hot(row.long(), 12))(x[:, 0]) * x.shape[0],
        (X,),
        OTHERS[:3],
        dynamic_shapes={"x": "n _"},
    )


def test_under_another_name():
    assert_same(lambda x: one_hot(x.long(), 2 * x.shape[0] + 1), (X,), OTHERS, dynamic_shapes={"x": "n _"})
