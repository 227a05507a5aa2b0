"""PyTorch's modules with dynamic batch and length: right at 0, 1, 2 and 7, in training and not; no needless lines."""

from __future__ import annotations

import copy
import inspect
import itertools

import pytest
import torch

import fullgraph
from benchmarks.sweeps import Verdict, judge
from benchmarks.sweeps.compare import difference, outcome
from benchmarks.sweeps.modules import MODULES, as_subject, module_samples
from fullgraph.errors import ContractError
from tests.sweeps.dynamic_modules import ENTRIES

SIZES = (0, 1, 2, 7)

# Sizes that eager takes and the program refuses, and why; of all others every size that eager takes is taken.
ASSUMED = {
    "nn.GaussianNLLLoss": "a variance for each row, or for each element, is told by its sizes",
    "nn.BatchNorm": "in training nothing is learnt from no elements; channels are as many as parameters",
    "nn.InstanceNorm": "likewise",
    "nn.LocalResponseNorm": "it gives back its argument when that is empty",
    "nn.MultiLabelSoftMarginLoss": "a size of 1 is broadcast with the weights",
}
REFUSED = {
    "nn.BatchNorm": "momentum None: the factor of the average is computed from the contents of a buffer",
}


def _is_in(name, table):
    return name.startswith(tuple(table))


@pytest.mark.parametrize("name", sorted(name for name in MODULES if not name.startswith("nn.Lazy")))
def test_a_module_of_pytorchs_samples_is_right_at_all_sizes(name):
    """Every dim of every argument is dynamic."""
    for training in (True, False):
        for sample in module_samples(name, training, 2):
            finding = judge(as_subject(sample))
            if finding is None or finding.verdict is Verdict.DYNAMIC:
                continue
            if finding.verdict is Verdict.ASSUMED:
                assert _is_in(name, ASSUMED), finding
            else:
                assert finding.verdict in (Verdict.REFUSED, Verdict.STATIC), finding
                assert _is_in(name, REFUSED), finding


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", ENTRIES)
def test_a_module_is_right_at_small_and_larger_sizes(name, training):
    """Exported once at 3 and 5; outputs and buffers are eager's, and the contract has no other lines than it must."""
    entry = ENTRIES[name]
    torch.manual_seed(0)
    module = entry.make().train(training)
    eager = copy.deepcopy(module)
    names = inspect.signature(module.forward).parameters
    program = fullgraph.export(
        module, entry.args(3, 5), dynamic_shapes=dict(zip(names, entry.specs, strict=False))
    )

    lines = [line for line in program.contract.lines() if ".py:" in line and "share no memory" not in line]
    assert [line for line in lines if not any(part in line for part in entry.lines)] == []
    for n, length in itertools.product(SIZES, SIZES):
        _compare(entry, (n, length), eager, module, program)


def _compare(entry, sizes, eager, module, program):
    args = entry.args(*sizes)
    before = copy.deepcopy(eager.state_dict())
    expected = outcome(lambda given: eager(*given), copy.deepcopy(args))
    actual = outcome(lambda given: program(*given), copy.deepcopy(args))
    if isinstance(expected, Exception):
        assert isinstance(actual, Exception)
        eager.load_state_dict(before)  # some count a batch before they look at it
    elif isinstance(actual, ContractError) and entry.refuses:
        assert entry.refuses in actual.what
        eager.load_state_dict(before)
    else:
        assert (
            difference((expected, [*eager.buffers()]), (actual, [*module.buffers()]), contents=True) == ""
        ), sizes


def test_batch_norm_with_other_channels_than_statistics_is_refused():
    """The operator that stands for it in training checks nothing, and would write beyond the statistics."""
    module = torch.nn.BatchNorm2d(3).train()
    program = fullgraph.export(module, (torch.rand(2, 3, 4, 4),), dynamic_shapes=({1: fullgraph.Dim.AUTO},))
    with pytest.raises(ContractError, match="3"):
        program(torch.rand(2, 6, 4, 4))
