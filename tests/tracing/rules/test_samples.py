"""Every rule against PyTorch's own operator samples: sizes and dtypes are eager's, at the sample's sizes and others."""

from __future__ import annotations

import collections
import itertools
import warnings
from typing import Any

import pytest
import torch

from benchmarks.sweeps import OPERATORS
from fullgraph.tracing.dispatch import Interceptor, intercepting, plain_torch
from fullgraph.tracing.operators import Kind, operator_of
from fullgraph.tracing.rules import has_rule
from tests.tracing.rules.support import check

_SAMPLES = 3
# grid_sampler_3d alone takes seconds; of an empty image the CPU kernel of pixel_unshuffle
# returns the image as it is, which no other device does.
_SKIPPED = ("grid_sampler_3d", "nn.functional.pixel_unshuffle", "sparse.")
_COMPARED = (Kind.PURE, Kind.VIEW, Kind.MAYBE_VIEW)


def _check_sample(info: Any, sample: Any, reached: collections.Counter[str], others: bool) -> None:
    failures: list[str] = []

    def on_operator(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with plain_torch():
            result = op(*args, **kwargs)
            if operator_of(op).kind in _COMPARED and has_rule(op):
                try:
                    reached[check(op, args, kwargs, result, others)] += 1
                except AssertionError as error:
                    failures.append(str(error))
        return result

    with warnings.catch_warnings(), intercepting(Interceptor(on_operator)), torch.no_grad():
        warnings.simplefilter("ignore")
        info(sample.input, *sample.args, **sample.kwargs)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("name", sorted(name for name in OPERATORS if not name.startswith(_SKIPPED)))
def test_rules_agree_with_eager_on_samples(name: str) -> None:
    """For each dtype kind, the first samples of the operator."""
    reached: collections.Counter[str] = collections.Counter()
    for info in OPERATORS[name]:
        for dtype in (torch.float32, torch.int64, torch.complex64, torch.bool, torch.float16):
            if dtype not in info.supported_dtypes("cpu"):
                continue
            count = _SAMPLES if dtype == torch.float32 else 1
            samples = info.sample_inputs("cpu", dtype, requires_grad=False)
            for sample in itertools.islice(samples, count):
                _check_sample(info, sample, reached, others=dtype == torch.float32)
