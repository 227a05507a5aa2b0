"""PyTorch's operators, by its own samples: none is wrong, none breaks the export, and few are refused."""

from __future__ import annotations

import collections
import dataclasses

import pytest
import torch

from benchmarks.sweeps import OPERATORS, Verdict, judge, judge_gradients, samples_of

# Operators that cost seconds each and show nothing that others do not.
_SLOW = ("grid_sampler_3d", "nn.functional.interpolate.bicubic", "ormqr", "masked.")
NAMES = sorted(name for name in OPERATORS if not name.startswith(_SLOW))
PARTS = 8

# What is refused with static sizes, and why that is right.
REFUSED = {
    "allclose": "Python is given the answer",
    "equal": "Python is given the answer",
    "item": "Python is given a float from a tensor",
    "nn.functional.gaussian_nll_loss": "it raises when a variance is negative, which Python decides",
}


def _verdicts(names, verdict, count=1):
    found = collections.defaultdict(list)
    for name in names:
        for subject in samples_of(name, torch.float32, count):
            finding = verdict(subject)
            if finding is not None:
                found[finding.verdict].append((name, finding))
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_a_sample_of_each_operator_is_right_at_all_sizes(part):
    """Exported with static and with dynamic sizes, the program does what eager does, or refuses the call."""
    found = _verdicts(NAMES[part::PARTS], judge)

    assert found[Verdict.WRONG] == []
    assert found[Verdict.BROKEN] == []
    assert {name for name, _ in found[Verdict.REFUSED]} <= REFUSED.keys()
    total = sum(map(len, found.values()))
    assert len(found[Verdict.DYNAMIC]) >= 0.75 * total


@pytest.mark.parametrize("name", ["unique", "nonzero", "bincount", "bitwise_and"])
def test_integers(name):
    """Operators on integers, whose contents decide sizes."""
    for subject in samples_of(name, torch.int64, 4):
        finding = judge(subject)
        assert finding is None or finding.verdict < Verdict.RAISES, finding


GRADIENTS = """
    add mul div matmul mm bmm addmm einsum linalg.solve linalg.svdvals cumsum cumprod softmax log_softmax logsumexp
    layer_norm nn.functional.layer_norm nn.functional.group_norm nn.functional.batch_norm nn.functional.conv2d
    nn.functional.conv_transpose1d nn.functional.max_pool2d nn.functional.avg_pool2d nn.functional.embedding
    nn.functional.cross_entropy nn.functional.gelu nn.functional.scaled_dot_product_attention index_select gather
    scatter_add where masked_fill expand permute reshape split cat stack unfold pow sqrt norm prod var
    nn.functional.interpolate nn.functional.pad nn.functional.dropout sort topk max min diff trapezoid cov
""".split()


def test_gradients():
    """The gradients that flow through a program are those that flow through eager."""
    found = _verdicts([name for name in GRADIENTS if name in OPERATORS], judge_gradients, count=2)

    assert found.keys() <= {Verdict.DYNAMIC}, {v: f for v, f in found.items() if v is not Verdict.DYNAMIC}


def test_what_eager_reads_beyond_its_arguments_is_not_compared():
    """Targets beyond the classes: eager's loss is of whatever lies beside the log probabilities in memory."""
    for subject in samples_of("nn.functional.ctc_loss", torch.float32, 3):
        for _ in range(3):
            finding = judge(subject)
            assert finding is not None
            assert finding.verdict < Verdict.RAISES, finding


def test_a_wrong_program_is_found():
    """Eager agrees with itself where its result follows from its arguments."""
    (subject, *_) = samples_of("sin", torch.float32, 1)
    calls = iter(range(10**6))
    worse = dataclasses.replace(subject, call=lambda tensors: tensors[0] + (next(calls) == 1))
    finding = judge(worse)
    assert finding is not None
    assert finding.verdict is Verdict.WRONG
