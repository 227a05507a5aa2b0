"""What the program asks of a traced tensor without an operator: sizes, properties, and concrete values.

Sizes are answered with symbols. A property the trace cannot know for every call (`requires_grad`, strides) is
answered by the example and becomes a line of the contract. A concrete value is answered only when it is a constant
of the program (computed from constants alone); else it depends on the data, and is refused with the line.
"""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import torch

from fullgraph.contract import AssumptionKind, Property
from fullgraph.errors import CaptureError, DataDependent, Unsupported
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.symbolic import (
    Expr,
    eq,
    expression,
    is_channels_last_contiguous_2d,
    is_channels_last_contiguous_3d,
    is_contiguous,
    to_python,
)
from fullgraph.tracing.addresses import Storage, is_asked_by_a_check, storage_of
from fullgraph.tracing.asserting import answer_that_goes_on
from fullgraph.tracing.constants import constant_of
from fullgraph.tracing.data_dependent import scalar_of_item
from fullgraph.tracing.dispatch import inside_functorch, plain_torch
from fullgraph.tracing.equal_by_construction import is_true_by_construction
from fullgraph.tracing.explaining import refuse, refuse_contents
from fullgraph.tracing.functionalize import current
from fullgraph.tracing.grad_mode import rely_on_callers_mode
from fullgraph.tracing.handed_back import is_flipped_view
from fullgraph.tracing.layout import layout_follows_from
from fullgraph.tracing.made_contiguous import only_makes_contiguous
from fullgraph.tracing.messages import is_for_program
from fullgraph.tracing.own_attributes import attribute, attributes
from fullgraph.tracing.own_leaves import become_leaf, may_become_leaf
from fullgraph.tracing.records import Records
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.strides import contiguous_strides, exact_strides, strides_of, times
from fullgraph.tracing.traced import Size, Value


def _answer(known: torch.Tensor, question: Callable[[torch.Tensor], Any]) -> Any:
    with plain_torch():
        return question(known)


# Text of a traced tensor starts with this, so that verify finds it should it end up in an output.
MARKER = "<traced tensor"
# A longer list is no list of sizes, and each of its numbers would be a node.
_LONGEST_LIST = 256

# What an input is, and no view of it.
_OF_ITSELF = ("is_parameter", "is_buffer")


class Questions:
    """Answers for the traced tensors of one trace."""

    def __init__(self, recorder: Records) -> None:
        self.recorder = recorder
        self._shapes: dict[tuple[Size, ...], torch.Size] = {}
        self.asked_identity = False  # whether inputs were told apart as keys of a dict or elements of a set

    def hashed(self, value: Value) -> None:
        """Note that the program looks an input up by which object it is."""
        if value.source is not None and value.source.role is InputRole.USER:
            caller = sys._getframe(2).f_code.co_filename
            self.asked_identity |= owner_of(caller) in (Owner.USER, Owner.PACKAGE)

    # Sizes

    def shape(self, value: Value) -> torch.Size:
        """Return the sizes as Python sees them."""
        dims = value.dims
        known = self._shapes.get(dims)
        if known is None:
            known = self._shapes[dims] = torch.Size(self._plain(size) for size in dims)
        return known

    def _plain(self, size: Size) -> Any:
        return size if isinstance(size, int) else to_python(size, self.recorder.scope)

    def axis(self, value: Value, dim: int) -> int:
        """Return a dim as an index from the front; raise what eager raises when there is none such."""
        rank = len(value.dims)
        bound = max(rank, 1)
        if not -bound <= dim < bound:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})"
            )
        return dim % bound

    def length(self, value: Value) -> int:
        """Return `len(tensor)`: Python insists on a plain integer."""
        return int(self._plain(value.dims[0]))

    def numel(self, value: Value) -> Any:
        """Return the number of elements."""
        product: Size = 1
        for size in value.dims:
            product = times(product, size)
        return self._plain(product)

    def below(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Answer torch's C++ side."""
        name = op._schema.name
        if name in _ON_SIZES:
            value = args[0].value
            return _ON_SIZES[name](self, value, *args[1:])
        return self.recorder.below(op, args, kwargs)

    def plain_sizes(self, value: Value) -> tuple[int, ...]:
        """Return sizes for C++ code that takes plain integers only: each symbol gets the example's value."""
        return tuple(int(size) for size in self.shape(value))

    def likely_strides(self, value: Value) -> tuple[Any, ...]:
        """Return strides for torch's C++ side.

        There they steer which operators are called, each of which is right whatever the strides are; so a guess may
        stand where the program itself is refused an answer, and nothing is written into the contract.
        """
        return self._plain_all(strides_of(value) or contiguous_strides(value.dims))

    def likely_contiguous(self, value: Value, memory_format: torch.memory_format) -> bool:
        """The same for `is_contiguous()`."""
        if memory_format != torch.contiguous_format:
            return False
        return value.contiguous or (strides_of(value) or ()) == contiguous_strides(value.dims)

    # Properties

    def asked_strides(self, value: Value) -> tuple[Any, ...]:
        """Return the strides; refuse when the operator that made the tensor chooses them."""
        strides = exact_strides(value, self.recorder.scope.ask)
        if strides is None:
            raise _unknown_strides()
        for root in layout_follows_from(self.recorder, value):
            self._rely_on_strides(root)
        return self._plain_all(tuple(self._simplified(stride) for stride in strides))

    def _simplified(self, size: Size) -> Size:
        known = size if isinstance(size, int) else self.recorder.scope.simplify(size)
        return known.value if isinstance(known, Expr) and known.is_const else known

    def asked_contiguous(self, value: Value, memory_format: torch.memory_format) -> bool:
        """Answer `is_contiguous()`."""
        if memory_format == torch.contiguous_format:
            described = is_contiguous
        elif memory_format == torch.channels_last:
            described = is_channels_last_contiguous_2d
        else:
            described = is_channels_last_contiguous_3d
        strides = strides_of(value)
        if value.root.source is None and only_makes_contiguous(sys._getframe(2)):
            return False
        if strides is None:
            raise _unknown_strides()
        self._rely_on_layout(value)
        question = described([expression(s) for s in value.dims], [expression(s) for s in strides])
        return self.recorder.scope.ask(question)

    def _plain_all(self, sizes: tuple[Size, ...]) -> tuple[Any, ...]:
        return tuple(self._plain(size) for size in sizes)

    def _rely_on_layout(self, value: Value) -> None:
        """Write down what `is_contiguous()` follows from.

        Of an input and its views it is the input's own answer. What an operator returns is laid out by the strides of
        its arguments, those of dims of size 1 included.
        """
        for root in layout_follows_from(self.recorder, value):
            source = root.source
            real = None if source is None else source.real
            if source is not None and root is value.root and (real is None or real.is_contiguous()):
                fact = Property(source.known_as, "is_contiguous", True)
                self.recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)
            else:
                self._rely_on_strides(root)

    def _rely_on_strides(self, root: Value) -> None:
        source = root.source
        assert source is not None
        strides = exact_strides(root, self.recorder.scope.ask)
        if strides is None:
            assert source.real is not None, "a TensorSpec is contiguous"
            strides = tuple(source.real.stride())
        fact = Property(source.known_as, "stride", tuple(self._simplified(stride) for stride in strides))
        self.recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)

    def asked_requires_grad(self, value: Value) -> bool:
        """Answer `requires_grad`; the answer holds for inputs that require grad as the example's do."""
        for root in self.recorder.inputs_behind(value):
            source = root.source
            if source is not None and source.role is InputRole.USER:
                fact = Property(source.known_as, "requires_grad", source.requires_grad)
                self.recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)
        if value.requires_grad and value.source is None and not inside_functorch():
            return self.recorder.grad_region is not None or rely_on_callers_mode(self.recorder)
        return value.requires_grad

    def asked_leaf(self, value: Value) -> bool:
        """Answer `is_leaf`."""
        return not self.asked_requires_grad(value) or value.source is not None

    def asked_of_input(self, value: Value, name: str) -> bool:
        """Answer what no operator makes a tensor: a parameter, conjugated, negated, of inference mode.

        An input is it in each call or in none, and its views with it.
        """
        source = value.root.source
        if name in ("is_conj", "is_neg") and is_flipped_view(value):
            self.refuse_storage(f"{name}()")
        if source is None or (name in _OF_ITSELF and value.parent is not None):
            return False
        fact = Property(source.known_as, name, False)
        if source.real is not None:
            fact = replace(fact, value=bool(fact.read(source.real)))
        if source.role is InputRole.USER:
            self.recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)
        return bool(fact.value)

    def attribute(self, value: Value, name: str, asking: types.FrameType) -> Any:
        """Return what the example of an input has under a name of the user's own, as a constant of the program."""
        return attribute(self.recorder, value, name, asking)

    def attributes(self, value: Value, set_here: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer `vars(tensor)`."""
        return attributes(self.recorder, value, set_here)

    def set_requires_grad(self, value: Value, wanted: bool) -> None:
        """Allow what changes nothing; autograd inside a program is `torch.func`'s."""
        if wanted == value.requires_grad or inside_functorch():
            return
        if not (wanted and may_become_leaf(value)):
            self.refuse_autograd(f"requires_grad = {wanted}")
        become_leaf(value)

    # Concrete values

    def constant(self, value: Value) -> torch.Tensor | None:
        """Return the value as a real tensor when it is a constant of the program."""
        return constant_of(self.recorder, value)

    def item(self, value: Value) -> Any:
        """Answer `item()`: a Python number for a constant, else one known only during a run."""
        self._require_one_element(value, "item()")
        if self.constant(value) is None and not value.dtype.is_complex:
            return to_python(scalar_of_item(self.recorder, value), self.recorder.scope)
        return self._concrete(value, "item()", torch.Tensor.item)

    def truth(self, value: Value) -> bool:
        """Answer `bool(tensor)`."""
        self._require_one_element(value, "bool()")
        if is_true_by_construction(self.recorder, current(self.recorder, value)):
            return True
        needed = None if self.constant(value) is not None else answer_that_goes_on()
        if needed is not None:
            self._assert(value, needed)
            return needed
        return bool(self._concrete(value, "bool()", bool))

    def _assert(self, value: Value, needed: bool) -> None:
        """Record an assertion that the program makes by an `if` or `assert` of its own."""
        aten = torch.ops.aten
        held = value
        if not needed or value.dtype is not torch.bool:
            held = self.recorder.call(aten.ne.Scalar if needed else aten.eq.Scalar, value, 0)
        place = origin_here()
        message = f"The program raises here: {Path(place.file).name}:{place.line}: {place.text.strip()}"
        self.recorder.call(aten._assert_async.msg, held, message)

    def as_number(self, value: Value, kind: type) -> Any:
        """Answer `int(tensor)`, `float(tensor)`, `complex(tensor)`, and use as an index."""
        self._require_one_element(value, f"{kind.__name__}()")
        return self._concrete(value, f"{kind.__name__}()", kind)

    def to_list(self, value: Value) -> Any:
        """Answer `tolist()`: as many numbers as there are elements, each known only during a run."""
        sizes = [size for size in value.dims if isinstance(size, int)]
        few = len(sizes) == len(value.dims) and math.prod(sizes) <= _LONGEST_LIST
        if few and self.constant(value) is None:
            return self._listed(value, sizes)
        return self._concrete(value, "tolist()", torch.Tensor.tolist)

    def _listed(self, value: Value, sizes: list[int]) -> Any:
        if not sizes:
            return self.item(value)
        select = torch.ops.aten.select.int
        parts = (self.recorder.call(select, value, 0, index) for index in range(sizes[0]))
        return [self._listed(part, sizes[1:]) for part in parts]

    def text(self, value: Value, make: Callable[[torch.Tensor], str], frame: types.FrameType) -> str:
        """Answer `str(tensor)`, asked in a frame: text with its contents would be fixed at export, but for messages."""
        if self.constant(value) is None:
            error = depends_on_data("formatting as text", value)
            if not is_for_program(frame, partial(self.recorder.refused, error)):
                return self._describe(value)
        return str(self._concrete(value, "formatting as text", make))

    def _concrete(self, value: Value, what: str, question: Callable[[torch.Tensor], Any]) -> Any:
        known = self.constant(value)
        if known is None:
            known = refuse_contents(self.recorder, value, depends_on_data(what, value))
        return _answer(known, question)

    def _describe(self, value: Value) -> str:
        """Return text for a person who prints while tracing; it holds no contents."""
        dtype = str(value.dtype).removeprefix("torch.")
        return f"{MARKER} {dtype}[{', '.join(str(self._plain(size)) for size in value.dims)}]>"

    def _require_one_element(self, value: Value, what: str) -> None:
        for size in value.dims:
            if size == 1:
                continue
            if isinstance(size, Expr) and self.recorder.scope.ask(eq(size, 1)):
                continue
            if what == "bool()":
                raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
            raise RuntimeError("a Tensor with more than one element cannot be converted to Scalar")

    # Refusals

    def refuse_array(self, value: Value, what: str) -> Any:
        """Refuse to give a numpy array, which no graph can follow."""
        return _answer(
            refuse_contents(self.recorder, value, depends_on_data(what, value)), torch.Tensor.numpy
        )

    def refuse_concrete(self, what: str) -> NoReturn:
        """Refuse a question whose answer depends on the data."""
        self._refuse(depends_on_data(what))

    def storage(self, value: Value, what: str) -> Storage:
        """Answer the checks of a program that is called inside; refuse the program that is traced."""
        return storage_of(value) if is_asked_by_a_check(2) else self.refuse_storage(what)

    def refuse_storage(self, what: str) -> NoReturn:
        """Refuse what looks at or swaps the memory behind a tensor."""
        self._refuse(
            Unsupported(
                f"The program uses a traced tensor's {what}.",
                why="A graph computes values; where they lie in memory is decided when it runs.",
                instead="Use tensor operators: `copy_` to overwrite contents, `view` and `slice` to look at a part.",
                where=origin_here(),
                case="address_of_tensor",
            )
        )

    def refuse_autograd(self, what: str) -> None:
        """Refuse autograd's imperative interface."""
        refuse(
            Unsupported(
                f"The program uses autograd's {what} on a traced tensor.",
                why="It works on a history of real tensors, which a trace does not have.",
                instead="Use torch.func.grad, torch.func.vjp or torch.func.jvp for gradients inside a program; "
                "gradients through the exported program work as usual.",
                where=origin_here(),
                case="gradient_in_forward",
            ),
            self.recorder,
        )

    def _refuse(self, error: CaptureError) -> NoReturn:
        # Kept, so that a program that catches every exception cannot hide it.
        self.recorder.refused(error)
        raise error


def _unknown_strides() -> Unsupported:
    return Unsupported(
        "The strides of an intermediate tensor were asked for.",
        why="The operator that made it chooses its strides; a program must not depend on them.",
        instead="Call `.clone(memory_format=torch.contiguous_format)` first, or use operators that do not depend on "
        "strides (`reshape`).",
        where=origin_here(),
        case="branch_on_stride",
    )


def depends_on_data(what: str, value: Value | None = None) -> DataDependent:
    """Return the refusal to say what depends on a tensor's contents."""
    where = origin_here()
    advice, case = _ADVICE.get(what, _KEEP)
    if what == "bool()" and where.text.startswith("while "):
        advice, case = _LOOP
    elif what == "bool()" and value is not None and value.node.target in _OF_MASK:
        advice, case = f"{advice} If the `if` only saves work, leave it out.", "any_in_mask"
    return DataDependent(
        f"Python asked a traced tensor for its contents: {what}.",
        why="They are known only when the program runs, and differ from call to call.",
        instead=advice,
        where=where,
        case=case,
    )


# What to write instead, and the case of ExportDB that shows it.
_IN_TENSOR = "Keep the value in a tensor: torch.where(condition, a, b), masks, index_select."
_KEEP = (_IN_TENSOR, "list_from_tensor")
_LOOP = ("Write fullgraph.while_loop(cond_fn, body_fn, carried).", "while_on_tensor_value")
_ADVICE = {
    "bool()": (
        "Write torch.where(condition, a, b), or torch.cond(condition, true_fn, false_fn, operands).",
        "branch_on_tensor_value",
    ),
    "int()": (
        "Use `.item()`, which gives a size that is known at run time, or keep the value in a tensor.",
        "range_over_tensor_value",
    ),
    "formatting as text": ("Return the tensor, and make the text outside of the program.", "text_of_tensor"),
    "numpy()": (_IN_TENSOR, "numpy_in_between"),
}
_OF_MASK = {torch.ops.aten.any.default, torch.ops.aten.all.default}

_ON_SIZES: dict[str, Any] = {
    "aten::sym_size": lambda q, v, dim=None: tuple(q.shape(v)) if dim is None else q.shape(v)[q.axis(v, dim)],
    "aten::size": lambda q, v, dim=None: (
        q.plain_sizes(v) if dim is None else q.plain_sizes(v)[q.axis(v, dim)]
    ),
    "aten::sym_stride": lambda q, v, dim=None: (
        q.likely_strides(v) if dim is None else q.likely_strides(v)[q.axis(v, dim)]
    ),
    "aten::stride": lambda q, v, dim=None: tuple(int(s) for s in q.likely_strides(v)),
    "aten::sym_numel": lambda q, v: q.numel(v),
    "aten::numel": lambda q, v: int(q.numel(v)),
    "aten::dim": lambda q, v: len(v.dims),
    "aten::sym_storage_offset": lambda q, v: 0,
    "aten::storage_offset": lambda q, v: 0,
    "aten::is_contiguous": lambda q, v, memory_format=torch.contiguous_format: q.likely_contiguous(
        v, memory_format
    ),
    "aten::sym_is_contiguous": lambda q, v, memory_format=torch.contiguous_format: q.likely_contiguous(
        v, memory_format
    ),
    "aten::is_strides_like_format": lambda q, v, memory_format: q.likely_contiguous(v, memory_format),
    "aten::is_non_overlapping_and_dense": lambda q, v: True,
}
