"""What stands for a tensor during a trace: `Value`, what is known of it, and `TracedTensor`, what the program sees.

A `Value` is plain Python: sizes, dtype, device, the node that computes it, and how it shares storage. Values form
trees: a view points to the value it was taken from (`parent`) and how (`step`); the root of the tree stands for
the storage. A write goes up to the root and leaves every other member stale; a stale member is recomputed from
the root when it is next used (see functionalize.py).

Invariant: `fresh_at >= root.written_at` holds exactly when `node` computes the value's present contents.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing.dispatch import NO_TORCH_FUNCTION, OpOverload, text_of_contents, traced_tensor_base
from fullgraph.tracing.own_leaves import is_own_leaf, value_of
from fullgraph.tracing.result import InputRole

Size = int | Expr

DIFFERENTIABLE = frozenset(
    {
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex32,
        torch.complex64,
        torch.complex128,
    }
)
"""The dtypes that gradients exist for."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a view was taken: the operator, its arguments but for the viewed tensor, and which of its results."""

    op: OpOverload
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a root comes from, when it outlives the program: an input, or a lifted tensor."""

    role: InputRole
    target: str
    real: torch.Tensor | None  # the example or the lifted tensor itself; None for a TensorSpec
    leaf: int | None = None
    persistent: bool = True
    alias: str = ""
    spec: TensorSpec | None = None  # what stands for an example that nobody has

    @property
    def requires_grad(self) -> bool:
        """Whether it requires grad, as the example does or the user says."""
        example = self.spec if self.real is None else self.real
        return example is not None and example.requires_grad

    @property
    def known_as(self) -> str:
        """What the contract calls it: the target, unless an argument has that name as well."""
        return self.alias or self.target


@dataclass(frozen=True, slots=True)
class Lost:
    """Why nobody can tell the contents of a value any more.

    Args:
        error: raised when it is used again.
        shares: when it shares storage with what was written, if sizes tell: otherwise it was not changed.
    """

    error: Exception
    shares: Bool | None


class Value:
    """What a trace knows of one tensor."""

    __slots__ = (
        "constant",
        "contiguous",
        "device",
        "dims",
        "dtype",
        "example",
        "fresh_at",
        "in_order",
        "lost",
        "maybe_shared",
        "node",
        "parent",
        "requires_grad",
        "source",
        "step",
        "tensor",
        "written_at",
        "wrote_under_no_grad",
    )

    def __init__(
        self, dims: tuple[Size, ...], dtype: torch.dtype, device: torch.device, node: fx.Node, fresh_at: int
    ) -> None:
        self.dims = dims
        self.dtype = dtype
        self.device = device
        self.node = node
        self.fresh_at = fresh_at
        self.written_at = 0
        self.parent: Value | None = None
        self.step: Step | None = None
        self.requires_grad = False
        self.contiguous = False  # True: known to be; False: not known
        self.in_order = (
            True  # of a root: if it is contiguous, its dims of size 1 have a new tensor's strides too
        )
        self.source: Source | None = None
        self.lost: Lost | None = None  # of a root: nobody can tell its contents
        self.maybe_shared: list[tuple[Value, Value, Step]] | None = None
        self.constant: torch.Tensor | None = None
        self.wrote_under_no_grad = False
        self.example: torch.Tensor | None = None  # of a sparse tensor: one like it (sparse.py)
        self.tensor: torch.Tensor | None = (
            None  # the object the program holds: a traced tensor or a lifted one
        )

    @property
    def root(self) -> Value:
        """The value that stands for the storage."""
        value = self
        while value.parent is not None:
            value = value.parent
        return value

    def __repr__(self) -> str:
        return f"Value({self.node}: {self.dtype}{list(self.dims)})"


class TracedTensor(torch.Tensor):
    """Stands for a tensor while the program runs; everything asked of it is answered by the recorder."""

    value: Value
    asked: Any  # questions.Questions, which is made of values and cannot be named here

    __torch_function__ = NO_TORCH_FUNCTION

    @staticmethod
    def of(value: Value, asked: Any) -> TracedTensor:
        """Make the object that the program holds for `value`."""
        made = traced_tensor_base(TracedTensor, (1,) * len(value.dims), value.dtype, value.device)
        made.value = value
        made.asked = asked
        value.tensor = made
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        """Answer torch's C++ side: sizes and strides, and operators that it performs below our level."""
        for argument in (*args, *(kwargs or {}).values()):
            if isinstance(argument, TracedTensor):
                return argument.asked.below(func, args, kwargs or {})
            if isinstance(argument, (list, tuple)):
                for item in argument:
                    if isinstance(item, TracedTensor):
                        return item.asked.below(func, args, kwargs or {})
        raise AssertionError(f"{func} reached a traced tensor without one among its arguments")

    # What Python asks of a tensor without an operator. Overriding the attributes is faster than answering them
    # through torch's C++ side, and the only way to meet those that never reach it.

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        return self.asked.shape(self.value)

    @property
    def ndim(self) -> int:  # type: ignore[override]
        return len(self.value.dims)

    def dim(self) -> int:
        return len(self.value.dims)

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        shape = self.asked.shape(self.value)
        return shape if dim is None else shape[self.asked.axis(self.value, dim)]

    def __len__(self) -> int:
        if not self.value.dims:
            raise TypeError("len() of a 0-d tensor")
        return self.asked.length(self.value)

    def numel(self) -> Any:
        return self.asked.numel(self.value)

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        strides = self.asked.asked_strides(self.value)
        return strides if dim is None else strides[self.asked.axis(self.value, dim)]

    def is_contiguous(self, memory_format: torch.memory_format = torch.contiguous_format) -> bool:
        return self.asked.asked_contiguous(self.value, memory_format)

    def contiguous(self, memory_format: torch.memory_format = torch.contiguous_format) -> Any:
        # torch's own method asks for the strides first, and returns without an operator when they are right.
        return torch.ops.aten.contiguous.default(self, memory_format=memory_format)

    @property
    def layout(self) -> torch.layout:  # type: ignore[override]
        return torch.strided if self.value.example is None else self.value.example.layout

    @property
    def is_sparse(self) -> bool:  # type: ignore[override]
        return self.layout is torch.sparse_coo

    @property
    def is_sparse_csr(self) -> bool:  # type: ignore[override]
        return self.layout is torch.sparse_csr

    def storage_offset(self) -> Any:
        return self.asked.refuse_storage("storage_offset()")

    def data_ptr(self) -> int:
        return self.asked.storage(self.value, "data_ptr()").data_ptr()

    def untyped_storage(self) -> Any:
        return self.asked.storage(self.value, "untyped_storage()")

    def storage(self) -> Any:
        return self.asked.refuse_storage("storage()")

    @property
    def requires_grad(self) -> bool:
        value = value_of(self)
        return is_own_leaf(value) or self.asked.asked_requires_grad(value)

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.asked.set_requires_grad(self.value, wanted)

    def requires_grad_(self, requires_grad: bool = True) -> TracedTensor:
        self.asked.set_requires_grad(self.value, requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:  # type: ignore[override]
        value = value_of(self)
        return is_own_leaf(value) or self.asked.asked_leaf(value)

    @property
    def _is_param(self) -> bool:  # type: ignore[override]  # `isinstance(x, torch.nn.Parameter)` asks
        return self.asked.asked_of_input(self.value, "is_parameter")

    @property
    def _is_buffer(self) -> bool:  # likewise
        return self.asked.asked_of_input(self.value, "is_buffer")

    def __getattr__(self, name: str) -> Any:
        """Answer what a tensor does not have, but the example was given by its user."""
        return self.asked.attribute(self.value, name, sys._getframe(1))

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        """What a tensor has besides what every tensor has; `value` and `asked` are ours."""
        ours = _attributes_of(self)
        return self.asked.attributes(
            self.value, {name: ours[name] for name in ours if name not in ("value", "asked")}
        )

    def is_conj(self) -> bool:
        return self.value.dtype.is_complex and self.asked.asked_of_input(self.value, "is_conj")

    def is_neg(self) -> bool:
        return self.asked.asked_of_input(self.value, "is_neg")

    def is_inference(self) -> bool:
        return self.asked.asked_of_input(self.value, "is_inference")

    @property
    def grad_fn(self) -> Any:  # type: ignore[override]
        return self.asked.refuse_autograd("grad_fn")

    @property
    def grad(self) -> Any:  # type: ignore[override]
        return self.asked.refuse_autograd("grad")

    @property
    def _base(self) -> Any:  # type: ignore[override]
        return self.asked.refuse_autograd("_base")

    @property
    def _version(self) -> Any:  # type: ignore[override]
        return self.asked.refuse_autograd("_version")

    def _is_view(self) -> Any:
        return self.asked.refuse_autograd("_is_view()")

    @property  # type: ignore[misc]  # nobody assigns it
    def __class__(self) -> type:
        """What the program takes it for; `type` is answered in number_classes.py."""
        source = self.value.source
        is_parameter = source is not None and isinstance(source.real, torch.nn.Parameter)
        return torch.nn.Parameter if is_parameter else torch.Tensor

    def backward(self, *args: Any, **kwargs: Any) -> None:
        self.asked.refuse_autograd("backward()")

    def register_hook(self, hook: Any) -> Any:
        return self.asked.refuse_autograd("register_hook()")

    def retain_grad(self) -> None:
        self.asked.refuse_autograd("retain_grad()")

    @property
    def data(self) -> Any:
        return self.detach()

    @data.setter
    def data(self, new: Any) -> None:
        torch.ops.aten.set_data.default(self, new)

    def tolist(self) -> Any:
        return self.asked.to_list(self.value)

    def item(self) -> Any:
        return self.asked.item(self.value)

    def numpy(self, *, force: bool = False) -> Any:
        return self.asked.refuse_array(self.value, "numpy()")

    def __array__(self, dtype: Any = None) -> Any:
        return self.asked.refuse_array(self.value, "conversion to a numpy array")

    def __bool__(self) -> bool:
        return self.asked.truth(self.value)

    def __int__(self) -> Any:
        return self.asked.as_number(self.value, int)

    def __float__(self) -> Any:
        return self.asked.as_number(self.value, float)

    def __complex__(self) -> Any:
        return self.asked.as_number(self.value, complex)

    def __index__(self) -> Any:
        return self.asked.as_number(self.value, int)

    def __iter__(self) -> Any:
        if not self.value.dims:
            raise TypeError("iteration over a 0-d tensor")
        self.asked.length(self.value)
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())

    def __reversed__(self) -> Any:
        return self.flip(0) if self.value.dims else self

    def __format__(self, spec: str) -> str:
        return self.asked.text(self.value, lambda tensor: format(tensor, spec), sys._getframe(1))

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return self.asked.text(self.value, text_of_contents, sys._getframe(1))

    __str__ = __repr__

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.clone()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.asked.refuse_concrete("pickling")

    def __hash__(self) -> int:
        self.asked.hashed(self.value)
        return id(self)


# Where Python keeps the attributes of a traced tensor itself.
_attributes_of = next(
    vars(cls)["__dict__"] for cls in torch.Tensor.__mro__ if "__dict__" in vars(cls)
).__get__
