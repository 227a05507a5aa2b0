"""The verdict on one sample: exported with static and with dynamic sizes, and compared with eager at other sizes.

A program is right at a call when it returns what eager returns, or refuses the call by its contract. It is wrong when
it returns something else, or returns where eager raises; when it raises where eager returns, that has its own verdict.
"""

from __future__ import annotations

import enum
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _pytree as pytree

import fullgraph
from benchmarks.sweeps.samples import Subject
from benchmarks.sweeps.sizes import drawn_sizes, resized
from fullgraph.errors import CaptureError, ContractError

Tensors = list[torch.Tensor]


class Verdict(enum.IntEnum):
    """How an export went, from best to worst."""

    DYNAMIC = 0  # every size that eager accepts is accepted
    ASSUMED = 1  # some sizes that eager accepts are refused at the call
    STATIC = 2  # captured with static sizes, refused with dynamic ones
    REFUSED = 3  # refused
    RAISES = 4  # at some sizes that eager accepts an operator of the program raises, not the contract
    BROKEN = 5  # something else than a refusal was raised by the export
    WRONG = 6  # a result differs from eager's, or there is none at the example itself


@dataclass(frozen=True)
class Finding:
    """A verdict on a sample and its reason."""

    name: str
    verdict: Verdict
    reason: str = ""


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding with the worst verdict, the first of them; None if there are none."""
    return max(findings, key=lambda finding: finding.verdict, default=None)


def judge(subject: Subject) -> Finding | None:
    """Export a sample with static and with dynamic sizes and compare with eager; None where eager cannot run it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(_outcome(subject.call, subject.fresh()), Exception):
            return None
        static = _judge_static(subject)
        return _judge_dynamic(subject) if static is None else static


def judge_gradients(subject: Subject) -> Finding | None:
    """Compare the gradients that flow through the program with eager's; None where eager has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = _outcome(_gradients(subject.call), subject.fresh())
        if isinstance(expected, Exception):
            return None
        given = _differentiable(subject.fresh())
        program, failure = _export(subject, None, given)
        if failure is not None:
            return failure
        difference = _difference(expected, _outcome(_gradients(program), subject.fresh()), subject)
        return Finding(subject.name, Verdict.WRONG if difference else Verdict.DYNAMIC, difference)


class _Raised(Exception):
    """A call of the program raised where eager returns."""


def _judge_static(subject: Subject) -> Finding | None:
    program, failure = _export(subject, None, subject.fresh())
    if failure is not None:
        return failure
    try:
        difference = _compared(subject, program, subject.tensors)
    except (ContractError, _Raised) as error:
        difference = str(error)
    return Finding(subject.name, Verdict.WRONG, f"static: {difference}") if difference else None


def _judge_dynamic(subject: Subject) -> Finding:
    program, failure = _export(subject, fullgraph.Dim.AUTO, subject.fresh())
    if failure is not None:
        refused = failure.verdict is Verdict.REFUSED
        return Finding(subject.name, Verdict.STATIC if refused else failure.verdict, failure.reason)
    refusal = raised = ""
    others = [
        [resized(tensor, drawing) for tensor in subject.tensors] for drawing in drawn_sizes(subject.tensors)
    ]
    for tensors in [subject.tensors, *others]:
        try:
            difference = _compared(subject, program, tensors)
        except ContractError as error:
            refusal = refusal or f"{_sizes(tensors)}: {error.what}"
            continue
        except _Raised as error:
            raised = raised or f"{_sizes(tensors)}: {error}"
            continue
        if difference:
            return Finding(subject.name, Verdict.WRONG, f"{_sizes(tensors)}: {difference}")
    if raised:
        return Finding(subject.name, Verdict.RAISES, raised)
    return Finding(subject.name, Verdict.ASSUMED if refusal else Verdict.DYNAMIC, refusal)


def _export(subject: Subject, sizes: Any, given: Tensors) -> tuple[Any, Finding | None]:
    """Return the program, or why there is none."""
    wanted = None if sizes is None else {"tensors": sizes}

    def run(tensors: Tensors) -> Any:
        return subject.call(tensors)

    try:
        return fullgraph.export(run, (given,), dynamic_shapes=wanted if given else None), None
    except CaptureError as error:
        return None, Finding(subject.name, Verdict.REFUSED, f"{error.what} {error.why}")
    except Exception as error:  # noqa: BLE001  # the verdict is that it was raised
        return None, Finding(subject.name, Verdict.BROKEN, _text(error))


def _compared(subject: Subject, program: Any, tensors: Tensors) -> str:
    """Call eager and the program; return how they differ.

    Raises:
        ContractError: the program refuses these tensors and eager does not.
        _Raised: the program raises something else and eager does not.
    """
    for_eager, for_program = [[tensor.clone() for tensor in tensors] for _ in range(2)]
    expected = _outcome(subject.call, for_eager)
    actual = _outcome(program, for_program)
    if isinstance(actual, ContractError) and not isinstance(expected, Exception):
        raise actual
    if isinstance(expected, Exception):
        return "" if isinstance(actual, Exception) else f"returned where eager raises {_text(expected)}"
    if isinstance(actual, Exception):
        raise _Raised(_text(actual)) from actual
    return _difference((expected, for_eager), (actual, for_program), subject)


def _outcome(function: Callable[[Tensors], Any], tensors: Tensors) -> Any:
    torch.manual_seed(0)
    try:
        return function(tensors)
    except Exception as error:  # noqa: BLE001  # whether both raise is what is compared
        return error


def _difference(expected: Any, actual: Any, subject: Subject) -> str:
    """Say how two results differ; the empty string if they do not."""
    if isinstance(actual, Exception):
        return f"raised {_text(actual)}"
    (ones, one_tree), (others, other_tree) = pytree.tree_flatten(expected), pytree.tree_flatten(actual)
    if one_tree != other_tree:
        return f"{other_tree} instead of {one_tree}"
    for number, (one, other) in enumerate(zip(ones, others, strict=True)):
        found = _leaf_difference(one, other, subject.contents)
        if found:
            return f"value {number}: {found}"
    return ""


def _leaf_difference(one: Any, other: Any, contents: bool) -> str:
    if not isinstance(one, torch.Tensor):
        # Python values and sizes; nan is equal to nan.
        return "" if one == other or (str(one) == str(other) == "nan") else f"{other!r} instead of {one!r}"
    if not isinstance(other, torch.Tensor):
        return f"{other!r} instead of a tensor"
    for what in ("shape", "dtype", "layout", "is_conj", "is_neg", "requires_grad"):
        mine, wanted = getattr(other, what), getattr(one, what)
        mine, wanted = (mine(), wanted()) if callable(wanted) else (mine, wanted)
        if mine != wanted:
            return f"{what} {mine} instead of {wanted}"
    if one.layout is torch.strided and one.numel() and _steps(one) != _steps(other):
        return f"strides {other.stride()} instead of {one.stride()}"
    try:
        if contents:
            torch.testing.assert_close(other, one, equal_nan=True)
    except AssertionError as error:
        return str(error).replace("\n", " ")[:200]
    return ""


def _steps(tensor: torch.Tensor) -> list[int]:
    return [step for size, step in zip(tensor.shape, tensor.stride(), strict=True) if size > 1]


def _gradients(function: Callable[[Tensors], Any]) -> Callable[[Tensors], list[torch.Tensor | None]]:
    def gradients(tensors: Tensors) -> list[torch.Tensor | None]:
        given = _differentiable(tensors)
        leaves: list[Any] = pytree.tree_leaves(function(given))
        total = sum(
            leaf.abs().sum() for leaf in leaves if isinstance(leaf, torch.Tensor) and leaf.requires_grad
        )
        return list(torch.autograd.grad(total, [t for t in given if t.requires_grad], allow_unused=True))

    return gradients


def _differentiable(tensors: Tensors) -> Tensors:
    return [t.requires_grad_() if t.dtype.is_floating_point or t.dtype.is_complex else t for t in tensors]


def _sizes(tensors: Tensors) -> str:
    return "called with " + " ".join(str(list(tensor.shape)) for tensor in tensors)


def _text(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]
