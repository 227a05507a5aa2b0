"""Modules that PyTorch has no samples of, and further settings of others: what each is made with and called with.

Each is given by a function of a batch size `n` and a length `l`, and by which sizes of its arguments follow from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn, rand, randint
from torch.nn import functional as F


@dataclass(frozen=True)
class Entry:
    """A module, its arguments at any sizes, and their specs.

    Args:
        make: makes the module.
        args: makes its arguments of a batch size and a length.
        specs: one for each argument.
        lines: parts of the lines that its contract has besides; all others are needless.
        refuses: part of why sizes that eager takes are refused at the call.
    """

    make: Callable[[], nn.Module]
    args: Callable[[int, int], tuple[Any, ...]]
    specs: tuple[Any, ...]
    lines: tuple[str, ...] = ()
    refuses: str = ""


class _OutputSize(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x, output_size=[2 * x.shape[2], 2 * x.shape[3]])


def _sequence(n: int, l: int) -> torch.Tensor:
    return rand(n, l, 8)


def _image(n: int, l: int) -> tuple[torch.Tensor]:
    return (rand(n, 4, l, l),)


def _rows(n: int, l: int) -> tuple[torch.Tensor]:
    return (rand(n, l),)


def _wide(n: int, l: int) -> tuple[torch.Tensor]:
    return (rand(n, 4, l + 2, l + 3),)


def _triplets(n: int, l: int) -> tuple[torch.Tensor, ...]:
    return rand(n, l), rand(n, l), rand(n, l)


_ROWS, _IMAGE, _WIDE = ("n l",), ("n _ l l",), ("n _ l+2 l+3",)
_EMPTY = "= 1"  # batch norm in training learns nothing from nothing, and needs more than one value

ENTRIES: dict[str, Entry] = {
    "AlphaDropout": Entry(nn.AlphaDropout, _rows, _ROWS),
    "Dropout": Entry(nn.Dropout, _rows, _ROWS),
    "Dropout1d": Entry(nn.Dropout1d, lambda n, l: (rand(n, 3, l),), ("n _ l",)),
    "Dropout2d": Entry(nn.Dropout2d, _image, _IMAGE),
    "Dropout3d": Entry(nn.Dropout3d, lambda n, l: (rand(n, 3, l, l, 2),), ("n _ l l _",)),
    "FeatureAlphaDropout": Entry(nn.FeatureAlphaDropout, _image, _IMAGE),
    "ChannelShuffle": Entry(lambda: nn.ChannelShuffle(2), _wide, _WIDE),
    "CosineSimilarity": Entry(nn.CosineSimilarity, lambda n, l: _image(n, l) * 2, _IMAGE * 2),
    "PairwiseDistance": Entry(nn.PairwiseDistance, lambda n, l: _rows(n, l) * 2, _ROWS * 2),
    "EmbeddingBag": Entry(
        lambda: nn.EmbeddingBag(10, 3, mode="max"), lambda n, l: (randint(10, (n, l)),), _ROWS, ("l >= 1",)
    ),
    "EmbeddingBag with weights": Entry(
        lambda: nn.EmbeddingBag(10, 3, mode="sum"),
        lambda n, l: (randint(10, (n, l)), None, rand(n, l)),
        ("n l", None, "n l"),
        ("l >= 1",),
    ),
    "EmbeddingBag with offsets": Entry(
        lambda: nn.EmbeddingBag(10, 3),
        lambda n, l: (randint(10, (l,)), torch.zeros(n, dtype=torch.int64)),
        ("l", "n"),
    ),
    "Flatten": Entry(nn.Flatten, _image, _IMAGE),
    "Unflatten": Entry(lambda: nn.Unflatten(1, (2, 2)), _image, _IMAGE),
    "Fold": Entry(lambda: nn.Fold((4, 5), (2, 2)), lambda n, l: (rand(n, 12, 12),), ("n _ _",)),
    "Unfold": Entry(lambda: nn.Unfold((2, 2)), _wide, _WIDE),
    "Hardsigmoid": Entry(nn.Hardsigmoid, _rows, _ROWS),
    "Identity": Entry(nn.Identity, _rows, _ROWS),
    "RReLU": Entry(nn.RReLU, _rows, _ROWS),
    "MaxUnpool2d": Entry(
        lambda: nn.MaxUnpool2d(2),
        lambda n, l: F.max_pool2d(rand(n, 3, 2 * l + 2, 6), 2, return_indices=True),
        ("n _ l _", "n _ l _"),
    ),
    "PixelShuffle": Entry(lambda: nn.PixelShuffle(2), _wide, _WIDE),
    "PixelUnshuffle": Entry(
        lambda: nn.PixelUnshuffle(2), lambda n, l: (rand(n, 3, 2 * l, 4),), ("n _ 2*l _",)
    ),
    "SyncBatchNorm": Entry(lambda: nn.SyncBatchNorm(4), _image, _IMAGE, ("1",), _EMPTY),
    "BatchNorm2d": Entry(lambda: nn.BatchNorm2d(4), _image, _IMAGE, ("1",), _EMPTY),
    "InstanceNorm2d": Entry(
        lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), _image, _IMAGE, ("1",), ">= 2"
    ),
    "GroupNorm": Entry(lambda: nn.GroupNorm(2, 4), _image, _IMAGE),
    "TransformerEncoder": Entry(
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 2),
        lambda n, l: (_sequence(n, l), None, torch.zeros(n, l, dtype=torch.bool)),
        ("n l _", None, "n l"),
    ),
    "TransformerDecoder": Entry(
        lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, 0.0, batch_first=True), 1),
        lambda n, l: (_sequence(n, l), _sequence(n, l + 3)),
        ("n l _", "n l+3 _"),
    ),
    "Transformer": Entry(
        lambda: nn.Transformer(8, 2, 1, 1, 16, 0.0, batch_first=True),
        lambda n, l: (_sequence(n, l), _sequence(n, l + 1)),
        ("n l _", "n l+1 _"),
    ),
    "MultiheadAttention": Entry(
        lambda: nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True),
        lambda n, l: (_sequence(l, n), _sequence(l + 2, n), _sequence(l + 2, n)),
        ("l n _", "l+2 n _", "l+2 n _"),
    ),
    "LSTM": Entry(
        lambda: nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True),
        lambda n, l: (rand(n, l, 3),),
        ("n l _",),
    ),
    "LSTM with a projection": Entry(
        lambda: nn.LSTM(3, 4, proj_size=2),
        lambda n, l: (rand(l, n, 3), (rand(1, n, 2), rand(1, n, 4))),
        ("l n _", ("_ n _", "_ n _")),
    ),
    "GRU": Entry(lambda: nn.GRU(3, 4), lambda n, l: (rand(l, n, 3), rand(1, n, 4)), ("l n _", "_ n _")),
    "TripletMarginLoss": Entry(lambda: nn.TripletMarginLoss(swap=True), _triplets, _ROWS * 3),
    "TripletMarginWithDistanceLoss": Entry(nn.TripletMarginWithDistanceLoss, _triplets, _ROWS * 3),
    "CosineEmbeddingLoss": Entry(
        nn.CosineEmbeddingLoss, lambda n, l: (rand(n, l), rand(n, l), torch.ones(n)), ("n l", "n l", "n")
    ),
    "CrossEntropyLoss": Entry(
        lambda: nn.CrossEntropyLoss(rand(5), label_smoothing=0.1, ignore_index=1),
        lambda n, l: (rand(n, 5, l), randint(5, (n, l))),
        ("n _ l", "n l"),
    ),
    "LinearCrossEntropyLoss": Entry(
        lambda: nn.LinearCrossEntropyLoss(3, 5), lambda n, l: (rand(n, 3), randint(5, (n,))), ("n _", "n")
    ),
    "MultiMarginLoss": Entry(
        lambda: nn.MultiMarginLoss(reduction="none"),
        lambda n, l: (rand(n, 5), randint(5, (n,))),
        ("n _", "n"),
    ),
    "MultiLabelMarginLoss": Entry(
        lambda: nn.MultiLabelMarginLoss(reduction="none"),
        lambda n, l: (rand(n, 5), randint(5, (n, 5))),
        ("n _", "n _"),
    ),
    "CTCLoss": Entry(
        lambda: nn.CTCLoss(zero_infinity=True),
        lambda n, l: (
            rand(l + 4, n, 5).log_softmax(2),
            randint(1, 5, (n, 3)),
            torch.full((n,), l + 4),
            torch.full((n,), 3),
        ),
        ("l+4 n _", "n _", "n", "n"),
    ),
    "Upsample by nearest": Entry(lambda: nn.Upsample(scale_factor=2), _image, _IMAGE),
    "Upsample by lines": Entry(lambda: nn.Upsample(scale_factor=1.5, mode="bilinear"), _image, _IMAGE),
    "Upsample to a size": Entry(
        lambda: nn.Upsample((4, 5, 6), mode="trilinear"), lambda n, l: (rand(n, 3, l, l, l),), ("n _ l l l",)
    ),
    "UpsamplingBilinear2d": Entry(lambda: nn.UpsamplingBilinear2d(scale_factor=2), _image, _IMAGE),
    "UpsamplingNearest2d": Entry(lambda: nn.UpsamplingNearest2d(scale_factor=2), _image, _IMAGE),
    "Conv1d": Entry(
        lambda: nn.Conv1d(3, 4, 3, padding="same", padding_mode="circular"),
        lambda n, l: (rand(n, 3, l + 2),),
        ("n _ l+2",),
    ),
    "Conv2d": Entry(lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), _wide, _WIDE),
    "ConvTranspose2d": Entry(_OutputSize, lambda n, l: (rand(n, 3, l, l),), _IMAGE),
    "LPPool2d": Entry(lambda: nn.LPPool2d(2, 2), _wide, _WIDE),
    "MaxPool2d": Entry(lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True, return_indices=True), _wide, _WIDE),
    "AvgPool2d": Entry(lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), _wide, _WIDE),
    "AdaptiveAvgPool2d": Entry(lambda: nn.AdaptiveAvgPool2d((None, 3)), _image, _IMAGE),
    "AdaptiveMaxPool2d": Entry(lambda: nn.AdaptiveMaxPool2d((2, 3)), _image, _IMAGE),
    "Bilinear": Entry(
        lambda: nn.Bilinear(3, 4, 5), lambda n, l: (rand(n, l, 3), rand(n, l, 4)), ("n l _", "n l _")
    ),
    "ReflectionPad2d": Entry(lambda: nn.ReflectionPad2d(1), _wide, _WIDE),
    "CircularPad2d": Entry(lambda: nn.CircularPad2d(1), _wide, _WIDE),
    "ZeroPad2d": Entry(lambda: nn.ZeroPad2d((1, -1, 0, 2)), _wide, _WIDE),
}
