"""Sizes given where an operator's schema says a plain number: dynamic, and right at sizes the example did not have."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

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
