"""PyTorch's own modules, by its samples: outputs and buffers are eager's, in training and in evaluation."""

from __future__ import annotations

import copy

import pytest
import torch

from benchmarks.sweeps.modules import MODULES, module_samples
from fullgraph.errors import CaptureError
from tests.support import assert_same

# Why a module is refused.
REFUSED = {
    "nn.CTCLoss": "the sizes of what it computes follow from the contents of a tensor",
}
# These are given their parameters by the first call, which is not the program's to do.
NAMES = sorted(name for name in MODULES if not name.startswith("nn.Lazy"))


def _runs(sample):
    try:
        copy.deepcopy(sample.module)(*copy.deepcopy(sample.args), **copy.deepcopy(sample.kwargs))
    except Exception:  # noqa: BLE001  # whether it runs is the question
        return False
    return True


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_as_in_eager(name, training):
    """The first sample of a module gives what it gives in eager, and leaves the same buffers."""
    for sample in module_samples(name, training, 1):
        if not _runs(sample):
            continue
        torch.manual_seed(0)
        try:
            assert_same(sample.module, sample.args, kwargs=sample.kwargs)
        except CaptureError:
            assert name in REFUSED
