"""Sizes given where an operator's schema says a plain number: dynamic, and right at sizes the example did not have."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.nn.functional import one_hot

import fullgraph
from tests.support import assert_same

IMAGES = {
    "max_pool1d": lambda x: F.max_pool1d(x.flatten(2), x.shape[2] * x.shape[3]).squeeze(-1),
    "max_pool2d": lambda x: F.max_pool2d(x, kernel_size=x.shape[2:]),
    "max_pool2d with indices": lambda x: F.max_pool2d(x, (x.shape[2], 1), return_indices=True),
    "avg_pool1d": lambda x: F.avg_pool1d(x.flatten(2), x.size(2)),
    "avg_pool2d": lambda x: F.avg_pool2d(x, x.shape[-2:]),
    "avg_pool2d by one number": lambda x: F.avg_pool2d(x[..., : x.size(2)], kernel_size=x.size(2)),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x.flatten(2), x.shape[0] + 1),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x.flatten(2), x.shape[2] // 2 + 1),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, (x.shape[0] + 1, 2)),
    "fractional_max_pool2d": lambda x: F.fractional_max_pool2d(x, 1, output_ratio=(0.9, 0.9)),
    "group_norm": lambda x: F.group_norm(x, x.shape[1] // 2),
}


@pytest.mark.parametrize("program", IMAGES.values(), ids=IMAGES)
def test_windows_and_results_as_large_as_a_size(program):
    more = [(torch.rand(n, 4, h, w),) for n, h, w in ((1, 2, 2), (2, 5, 7), (7, 3, 4))]
    assert_same(program, (torch.rand(3, 4, 4, 5),), more, dynamic_shapes={"x": "n _ h w"})


SIZES = {
    "one_hot": lambda x: F.one_hot(torch.zeros(2, dtype=torch.int64), num_classes=x.shape[0] + 1),
    "tril_indices": lambda x: torch.tril_indices(x.shape[0], x.shape[1]),
    "tril_indices above": lambda x: torch.tril_indices(x.shape[0], x.shape[1], offset=2),
    "tril_indices below": lambda x: torch.tril_indices(x.shape[0], x.shape[1], -2),
    "triu_indices": lambda x: torch.triu_indices(x.shape[0], x.shape[0], 1, dtype=torch.int32),
    "triu_indices above": lambda x: torch.triu_indices(row=x.shape[0], col=4, offset=2),
    "hann_window": lambda x: torch.hann_window(x.shape[1], periodic=False, dtype=torch.float64),
    "hamming_window": lambda x: torch.hamming_window(x.shape[1], True, 0.5),
    "kaiser_window": lambda x: torch.kaiser_window(x.shape[1], True, 8.0),
    "fftfreq": lambda x: torch.fft.fftfreq(x.shape[1] + 1, d=0.5),
    "rfftfreq": lambda x: torch.fft.rfftfreq(x.shape[1] + 1),
    "new_tensor": lambda x: x.new_tensor([[x.shape[0], 2], [3, x.shape[1]]]),
    "new_tensor of a dtype": lambda x: x.new_tensor(x.shape[0], dtype=torch.int32),
    "fill_diagonal_": lambda x: x.fill_diagonal_(5) + 1,
}


@pytest.mark.parametrize("program", SIZES.values(), ids=SIZES)
def test_tensors_made_of_sizes(program):
    more = [(torch.rand(n, m),) for n, m in ((0, 3), (3, 0), (1, 1), (2, 1), (1, 5), (7, 2))]
    assert_same(program, (torch.rand(3, 5),), more, dynamic_shapes={"x": "n m"})


def test_a_signal_put_together_to_its_length():
    window = torch.hann_window(16)

    def program(x):
        spectra = torch.stft(x, 16, window=window, return_complex=True)
        return torch.istft(spectra, 16, window=window, length=x.shape[1]), torch.istft(
            spectra, 16, window=window
        )

    more = [(torch.rand(n, length),) for n, length in ((1, 40), (2, 45), (7, 100))]
    assert_same(program, (torch.rand(3, 64),), more, dynamic_shapes={"x": "n length"})


def test_the_shape_of_a_points_grid_is_not_worked_out_by_recording_it():
    """PyTorch's own description of `grid_sample`'s grid makes tensors of sizes, which are no part of the program."""

    def program(theta, x):
        return F.grid_sample(x, F.affine_grid(theta, x.size(), align_corners=False), align_corners=False)

    args = torch.rand(3, 2, 3), torch.rand(3, 2, 5, 6)
    exported = fullgraph.export(
        program,
        args,
        dynamic_shapes={"theta": "n _ _", "x": "n _ h w"},
        constraints=["n >= 1", "h >= 1", "w >= 1"],
    )
    for n, h, w in ((1, 1, 1), (2, 7, 3)):
        given = torch.rand(n, 2, 3), torch.rand(n, 2, h, w)
        torch.testing.assert_close(exported(*given), program(*given))


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


FRACTIONS = {
    "pad": lambda x: F.pad(x, (x.shape[0], 1), value=x.shape[0] / 2),
    "layer_norm": lambda x: F.layer_norm(x, (4,), eps=1 / (x.shape[0] + 1)),
    "batch_norm": lambda x: F.batch_norm(x, x.new_zeros(4), x.new_ones(4), eps=1 / (x.shape[0] + 1)),
    "rms_norm": lambda x: F.rms_norm(x, (4,), eps=1 / (x.shape[0] + 1)),
    "cosine_similarity": lambda x: F.cosine_similarity(x, x * 2, eps=1 / (x.shape[0] + 1)),
    "pairwise_distance": lambda x: F.pairwise_distance(x, x * 2, p=x.shape[0]),
    "cdist": lambda x: torch.cdist(x, x * 2, p=float(x.shape[0])),
    "nan_to_num": lambda x: (x / 0).nan_to_num(x.shape[0], posinf=x.shape[0] / 2),
    "logit": lambda x: torch.logit(x, eps=1 / (x.shape[0] + 2)),
    "isclose": lambda x: torch.isclose(x, x + 0.2, atol=1 / (x.shape[0] + 1)),
    "huber_loss": lambda x: F.huber_loss(x, x * 2, delta=1 / (x.shape[0] + 1)),
    "cross_entropy": lambda x: F.cross_entropy(x, x.softmax(1), label_smoothing=1 / (x.shape[0] + 1)),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x, scale=1 / (x.shape[0] + 1)),
    "quantile": lambda x: x.quantile(1 / (x.shape[0] + 1)),
}


@pytest.mark.parametrize("program", FRACTIONS.values(), ids=FRACTIONS)
def test_fractions_made_of_sizes(program):
    more = [(torch.rand(n, 4),) for n in (2, 7)]
    assert_same(program, (torch.rand(3, 4),), more, dynamic_shapes={"x": "n _"})


def test_rounded_as_in_training_for_few_bits():
    def program(x):
        each = torch.fake_quantize_per_channel_affine(
            x, torch.full((4,), 0.3), torch.zeros(4, dtype=torch.int32), 1, -128, 127
        )
        by_tensors = torch.fake_quantize_per_tensor_affine(
            x, torch.tensor(0.2), torch.tensor(0, dtype=torch.int32), 0, 255
        )
        return torch.fake_quantize_per_tensor_affine(x, 0.1, 0, -128, 127) + each + by_tensors

    more = [(torch.rand(n, 4),) for n in (0, 1, 7)]
    assert_same(program, (torch.rand(3, 4),), more, dynamic_shapes={"x": "n _"})
