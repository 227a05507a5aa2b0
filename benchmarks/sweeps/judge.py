"""The verdict on one sample: exported with static and with dynamic sizes, and compared with eager at other sizes.

A program is right at a call when it returns what eager returns, or refuses the call by its contract. It is wrong when
it returns something else, or returns where eager raises; when it raises where eager returns, that has its own verdict.
`judge_torch_export` puts the same question to `torch.export`.
"""

from __future__ import annotations

import contextlib
import enum
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _pytree as pytree

import fullgraph
from benchmarks.sweeps.compare import Tensors, difference, one_line, outcome
from benchmarks.sweeps.samples import Subject, surrounded
from benchmarks.sweeps.sizes import drawn_sizes, resized, with_one_size_changed
from fullgraph.errors import CaptureError, ContractError


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
        if isinstance(outcome(subject.call, subject.fresh()), Exception):
            return None
        static = _judge_static(subject)
        return _judge_dynamic(subject) if static is None else static


def judge_torch_export(subject: Subject) -> Finding | None:
    """Do the same with `torch.export`, whose programs refuse a call by any exception; None as for `judge`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(outcome(subject.call, subject.fresh()), Exception):
            return None
        try:
            program = _torch_export(subject, torch.export.Dim.AUTO)
        except Exception as error:  # noqa: BLE001  # it has no one kind of refusal
            reason, verdict = one_line(error), Verdict.STATIC
            try:
                _torch_export(subject, torch.export.Dim.STATIC)
            except Exception:  # noqa: BLE001
                verdict = Verdict.REFUSED
            return Finding(subject.name, verdict, reason)
        # A call that raises is one that the program does not take, whatever it raises.
        return _judge_calls(subject, program, raising=Verdict.ASSUMED)


def judge_gradients(subject: Subject) -> Finding | None:
    """Compare the gradients that flow through the program with eager's; None where eager has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = outcome(_gradients(subject.call), subject.fresh())
        if isinstance(expected, Exception):
            return None
        program, failure = _export(subject, None, _differentiable(subject.fresh()))
        if failure is not None:
            return failure
        found = difference(expected, outcome(_gradients(program), subject.fresh()), subject.contents)
        return Finding(subject.name, Verdict.WRONG if found else Verdict.DYNAMIC, found)


class _Raised(Exception):
    """A call of the program raised where eager returns."""


def _judge_static(subject: Subject) -> Finding | None:
    program, failure = _export(subject, None, subject.fresh())
    if failure is not None:
        return failure
    try:
        found = _compared(subject, program, subject.fresh)
    except (ContractError, _Raised) as error:
        found = str(error)
    return Finding(subject.name, Verdict.WRONG, f"static: {found}") if found else None


def _judge_dynamic(subject: Subject) -> Finding:
    program, failure = _export(subject, fullgraph.Dim.AUTO, subject.fresh())
    if failure is not None:
        refused = failure.verdict is Verdict.REFUSED
        return Finding(subject.name, Verdict.STATIC if refused else failure.verdict, failure.reason)
    return _judge_calls(subject, program, raising=Verdict.RAISES)


def _judge_calls(subject: Subject, program: Any, raising: Verdict) -> Finding:
    """Call a program at the example's sizes and at others."""
    refusal = raised = ""
    for tensors in _calls(subject):
        try:
            found = _compared(
                subject, program, lambda tensors=tensors: [tensor.clone() for tensor in tensors]
            )
        except ContractError as error:
            refusal = refusal or f"{_sizes(tensors)}: {error.what}"
            continue
        except _Raised as error:
            raised = raised or f"{_sizes(tensors)}: {error}"
            continue
        if found:
            return Finding(subject.name, Verdict.WRONG, f"{_sizes(tensors)}: {found}")
    for tensors in _calls_apart(subject):
        with contextlib.suppress(
            ContractError, _Raised
        ):  # one way of broadcasting is the program's, not each
            found = _compared(
                subject, program, lambda tensors=tensors: [tensor.clone() for tensor in tensors]
            )
            if found:
                return Finding(subject.name, Verdict.WRONG, f"{_sizes(tensors)}: {found}")
    if raised:
        return Finding(subject.name, raising, raised)
    return Finding(subject.name, Verdict.ASSUMED if refusal else Verdict.DYNAMIC, refusal)


def _calls(subject: Subject) -> Iterator[Tensors]:
    yield subject.fresh()
    if any(tensor.layout is not torch.strided for tensor in subject.tensors):
        return  # contents of other sizes cannot be made of these
    for drawing in drawn_sizes(subject.tensors):
        yield [resized(tensor, drawing) for tensor in subject.tensors]


def _calls_apart(subject: Subject) -> Iterator[Tensors]:
    """Calls with sizes that are equal in the sample and not here: what a program returns is to be right."""
    if subject.checks_sizes and all(tensor.layout is torch.strided for tensor in subject.tensors):
        yield from with_one_size_changed(subject.tensors)


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
        return None, Finding(subject.name, Verdict.BROKEN, one_line(error))


class _Module(torch.nn.Module):
    def __init__(self, call: Callable[[Tensors], Any]) -> None:
        super().__init__()
        self.call = call

    def forward(self, tensors: Tensors) -> Any:
        return self.call(tensors)


def _torch_export(subject: Subject, sizes: Any) -> Any:
    given = subject.fresh()
    wanted = ([dict.fromkeys(range(tensor.dim()), sizes) for tensor in given],)
    return torch.export.export(_Module(subject.call), (given,), dynamic_shapes=wanted, strict=False).module()


def _compared(subject: Subject, program: Any, fresh: Callable[[], Tensors]) -> str:
    """Call eager and the program; return how they differ.

    Raises:
        ContractError: the program refuses these tensors and eager does not.
        _Raised: the program raises something else and eager does not.
    """
    for_eager, for_program = fresh(), fresh()
    expected = outcome(subject.call, for_eager)
    actual = outcome(program, for_program)
    if isinstance(actual, ContractError) and not isinstance(expected, Exception):
        raise actual
    if isinstance(expected, Exception):
        return "" if isinstance(actual, Exception) else f"returned where eager raises {one_line(expected)}"
    if isinstance(actual, Exception):
        raise _Raised(one_line(actual)) from actual
    found = difference((expected, for_eager), (actual, for_program), subject.contents)
    return found if found and not _follows_from_memory(subject, program, fresh()) else ""


def _follows_from_memory(subject: Subject, program: Any, tensors: Tensors) -> bool:
    """Whether eager's result follows from more than its arguments: from what was in memory before, or lies beside them.

    Contents drawn for one size may be no valid indices at another (targets of `ctc_loss` beyond the classes); and some
    kernels return memory that they never wrote (`multi_margin_loss` of an empty batch), which PyTorch fills on demand.
    Not filled, it may by chance hold what an earlier call was filled with; so the program is compared filled as well.
    """
    plain = _in_memory_of(subject.call, tensors, filler=0)
    filled = _in_memory_of(subject.call, tensors, filler=1)
    if difference(plain, filled, subject.contents):
        return True
    return not difference(filled, _in_memory_of(program, tensors, filler=1), subject.contents)


def _in_memory_of(function: Callable[[Tensors], Any], tensors: Tensors, filler: int) -> tuple[Any, Tensors]:
    """Call a function with its arguments in memory full of a number; unless it is 0, new memory is filled too."""
    given = [surrounded(tensor, filler) for tensor in tensors]
    torch.use_deterministic_algorithms(bool(filler), warn_only=True)
    try:
        return outcome(function, given), given
    finally:
        torch.use_deterministic_algorithms(False)


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
