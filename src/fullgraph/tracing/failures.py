"""Whose an exception is: the program's (its own code or an operator it performed), or a fault of ours or of torch.

What a program raises for some sizes it raises in eager too, so a trace that ends so says something of those sizes. A
fault in this package says nothing of them. The two are told apart by the innermost frame and how the exception came
about there: our code raises what eager raises with a `raise` statement or by calling the operator itself, and a fault
is anything else (an assertion, a missing key or attribute, a call that does not fit).

Invariant: in doubt the exception is a fault, so that nothing is ever concluded from one.
"""

from __future__ import annotations

import dis
from types import TracebackType

from fullgraph.errors import ContractError, FullgraphError, Unsupported
from fullgraph.source import Owner, origin_of, owner_of

# What operators raise from C, in the frame that called them.
_OF_OPERATORS = (RuntimeError, IndexError, ValueError, ArithmeticError)
# The last is missed where a symbolic class was called as `int` is: `statistics.mean` makes its result a `type(n)`.
_SYMBOLIC = ("SymInt", "SymFloat", "SymBool", "numpy.object_", "dtype('O')", "_graph_repr")
_OF_FAULTS = (AssertionError, AttributeError, KeyError, NameError, RecursionError)
# Parts of torch that a trace goes through and eager does not.
_ONLY_WHILE_TRACING = (
    "torch/fx/",
    "torch/_subclasses/",
    "torch/_dynamo/",
    "torch/_export/",
    "torch/_library/",
)


def is_of_the_program(error: BaseException) -> bool:
    """Say whether the program raises this in eager too, for the same sizes.

    Args:
        error: what a trace ended with, with its traceback.
    """
    if isinstance(error, ContractError):  # a program called inside this one does not take these sizes
        return True
    if isinstance(error, FullgraphError) or error.__traceback__ is None or wants_plain_number(error):
        return False
    place = _innermost(error.__traceback__)
    filename = place.tb_frame.f_code.co_filename
    if owner_of(filename) is Owner.FULLGRAPH:
        return _is_of_our_caller(error, place)
    if any(part in filename.replace("\\", "/") for part in _ONLY_WHILE_TRACING):
        return not isinstance(error, (*_OF_FAULTS, TypeError, NotImplementedError))
    return not isinstance(error, RecursionError)


def wants_plain_number(error: BaseException) -> bool:
    """Say whether something that takes Python's numbers alone met a symbolic one: `decimal.Decimal(n)`."""
    text = str(error)
    return isinstance(error, (TypeError, AttributeError)) and any(name in text for name in _SYMBOLIC)


def refusal_of_number(error: BaseException) -> Unsupported:
    """Return what the user is told instead of such an error, which speaks of classes that eager does not know."""
    return Unsupported(
        f"A function takes plain numbers only, and met one that is computed from dynamic sizes or inputs: {error}.",
        why="It is not Python's or PyTorch's arithmetic, so the graph cannot compute it at each run.",
        instead="Compute it with Python's operators, `math` or tensors, or make the sizes that it comes from static.",
        where=origin_of(error),
        case="f_string_of_size",
    )


def _is_of_our_caller(error: BaseException, place: TracebackType) -> bool:
    if isinstance(error, _OF_FAULTS):
        return False
    operation = dis.opname[place.tb_frame.f_code.co_code[place.tb_lasti]]
    if operation == "RAISE_VARARGS":
        return True
    if operation.startswith("BINARY_") and operation != "BINARY_SUBSCR":
        return isinstance(error, RuntimeError)
    return operation.startswith("CALL") and isinstance(error, _OF_OPERATORS)


def _innermost(place: TracebackType) -> TracebackType:
    while place.tb_next is not None:
        place = place.tb_next
    return place
