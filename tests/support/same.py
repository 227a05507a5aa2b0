"""The one assertion: a program does what eager does.

`assert_same` exports a function once and then calls program and eager side by side, each on copies: on
the example, and on inputs that the program was not exported with. After every call it compares outputs,
mutated inputs and the state of the module. Calls follow one another: the next reads what the last one wrote.
"""

import copy
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
import torch

import fullgraph
from fullgraph.errors import ArtifactError, ContractError
from tests.support.compare import assert_equal, sharing, tensors_of


@dataclass(frozen=True)
class Call:
    """The arguments of one call."""

    args: tuple = ()
    kwargs: dict = field(default_factory=dict)

    def copied(self):
        """Return a copy that shares nothing with this one; tensors that share storage here share it there."""
        return Call(*copy.deepcopy((self.args, self.kwargs)))


def assert_same(
    fn,
    args=(),
    more=(),
    *,
    kwargs=None,
    dynamic_shapes=None,
    refused=(),
    call_example=True,
    aliasing=False,
    rtol=None,
    atol=None,
    **options,
):
    """Export `fn`, and compare the program with eager.

    Args:
        fn: a function, bound method, callable or module. Modules are copied, for eager and for the export. A
            function that writes to closed-over tensors cannot be copied: let it be a method of a module.
        args: the example arguments, copied before use.
        more: further inputs inside the contract; each a tuple of positional arguments (called with the
            example's `kwargs`), a dict of keyword arguments, or a `Call`.
        kwargs: the example's keyword arguments.
        dynamic_shapes: as in `fullgraph.export`.
        refused: inputs outside the contract, as in `more`; the program must raise `ContractError` and leave
            inputs and state as they were.
        call_example: whether the example can be called too; a `TensorSpec` cannot.
        aliasing: compare also which outputs share storage with which inputs and outputs.
        rtol: as in `torch.testing.assert_close`.
        atol: as in `torch.testing.assert_close`.
        options: further arguments of `fullgraph.export`.

    Returns:
        The program, for whatever else a test wants to know.
    """
    __tracebackhide__ = True
    example = Call(tuple(args), dict(kwargs or {}))
    eager, exported = copy.deepcopy(fn), copy.deepcopy(fn)
    given = example.copied()
    program = fullgraph.export(
        exported, given.args, given.kwargs or None, dynamic_shapes=dynamic_shapes, **options
    )
    assert_equal(example, given, "example inputs after the export")
    assert_equal(_state(eager), _state(exported), "state after the export")
    program = _through_a_file(program)
    tolerance = {"rtol": rtol, "atol": atol}
    if call_example:
        _compare_one_call(eager, program, example, "the example's call", aliasing, tolerance)
    for number, each in enumerate(more):
        _compare_one_call(eager, program, _as_call(each, example), f"more[{number}]", aliasing, tolerance)
    for each in refused:
        _assert_call_refused(program, _as_call(each, example))
    return program


def assert_same_gradients(fn, args=(), more=(), *, dynamic_shapes=None, rtol=None, atol=None):
    """Export `fn`, and compare the gradients that flow through the program with eager's.

    The sum of all floating-point outputs is differentiated by every argument that requires a gradient and by
    every parameter. Arguments must be leaves.
    """
    __tracebackhide__ = True
    example = Call(tuple(args))
    eager = copy.deepcopy(fn)
    program = fullgraph.export(copy.deepcopy(fn), example.copied().args, dynamic_shapes=dynamic_shapes)
    module = program.module()
    for call in [example, *(_as_call(each, example) for each in more)]:
        expected, actual = _gradients(eager, call.copied()), _gradients(module, call.copied())
        assert_equal(expected, actual, "gradients", rtol=rtol, atol=atol)
    return program


def _through_a_file(program):
    """With `FULLGRAPH_SAVED=1`, return the program as it is read back from a file; it must print the same."""
    if not os.environ.get("FULLGRAPH_SAVED"):
        return program
    with tempfile.TemporaryDirectory() as folder:
        try:
            program.save(f"{folder}/program.fgx")
        except ArtifactError as error:  # most often a class of the test's own
            print("not saved:", error.what, error.why)
            return program
        loaded = fullgraph.load(f"{folder}/program.fgx")
    assert str(loaded) == str(program)
    assert str(loaded.with_runtime_assertions()) == str(program.with_runtime_assertions())
    return loaded


def _compare_one_call(eager, program, call, name, aliasing, tolerance):
    __tracebackhide__ = True
    for_eager, for_program = call.copied(), call.copied()
    torch.default_generator.manual_seed(0)
    expected = eager(*for_eager.args, **for_eager.kwargs)
    torch.default_generator.manual_seed(0)
    actual = program(*for_program.args, **for_program.kwargs)
    assert_equal(expected, actual, f"{name}: output", **tolerance)
    assert_equal(for_eager, for_program, f"{name}: inputs after it", **tolerance)
    state, wanted = {name: tensor.detach() for name, tensor in program.state_dict.items()}, _state(eager)
    shared = sorted(state.keys() & wanted.keys())
    assert_equal(
        {key: wanted[key] for key in shared},
        {key: state[key] for key in shared},
        f"{name}: state after it",
        **tolerance,
    )
    if aliasing:
        assert sharing((for_eager, expected)) == sharing((for_program, actual)), f"{name}: aliasing differs"


def _assert_call_refused(program, call):
    __tracebackhide__ = True
    given = call.copied()
    state = copy.deepcopy(dict(program.state_dict))
    with pytest.raises(ContractError):
        program(*given.args, **given.kwargs)
    assert_equal(call, given, "inputs of a refused call")
    assert_equal(state, dict(program.state_dict), "state after a refused call")


def _as_call(given, example):
    if isinstance(given, Call):
        return given
    if isinstance(given, Mapping):
        return Call((), dict(given))
    return Call(tuple(given), example.kwargs)


def _state(fn):
    """Return parameters and buffers by qualified name, tied ones under each of their names."""
    module = fn if isinstance(fn, torch.nn.Module) else getattr(fn, "__self__", None)
    if not isinstance(module, torch.nn.Module):
        return {}
    found = dict(module.named_parameters(remove_duplicate=False))
    found |= dict(module.named_buffers(remove_duplicate=False))
    return {name: tensor.detach() for name, tensor in found.items()}


def _gradients(fn, call):
    torch.default_generator.manual_seed(0)
    outputs = tensors_of(fn(*call.args, **call.kwargs))
    sum(output.sum() for output in outputs if output.requires_grad).backward()
    gradients = {f"argument {i}": tensor.grad for i, tensor in enumerate(tensors_of(call))}
    if isinstance(fn, torch.nn.Module):
        for name, parameter in fn.named_parameters(remove_duplicate=False):
            gradients[name] = parameter.grad
            parameter.grad = None
    return gradients
