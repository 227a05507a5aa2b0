"""What an operator does, read once from its schema: what it writes, what it views, what its pure form is.

Everything here follows from `torch`'s own schemas (`Tensor(a!) self` is written, `Tensor(a) -> Tensor(a)` is a
view); the two small tables at the end hold what the schemas do not say.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import torch

from fullgraph.tracing.dispatch import OpOverload, is_composite


class Kind(Enum):
    """How the recorder treats an operator."""

    PURE = auto()  # new values from old ones
    VIEW = auto()  # the result shares the first argument's storage
    MAYBE_VIEW = auto()  # `reshape`, `contiguous`, `to`: shares storage or not, as sizes and strides decide
    IN_PLACE = auto()  # writes its first argument and returns it
    OUT = auto()  # writes its `out=` arguments
    MUTATING = auto()  # writes arguments in another way (custom operators)
    HIDDEN = auto()  # writes arguments although its schema does not say so
    RESHAPING = auto()  # changes the sizes or strides of its argument (`t_`, `squeeze_`)
    TRANSPARENT = auto()  # may hand back an argument, or a view of one, unsaid: recorded by its parts
    STRIDED = auto()  # a view of the storage itself (`as_strided`)
    QUESTION = auto()  # its answer is a Python value (`item`, `equal`), or there is none


@dataclass(frozen=True)
class Operator:
    """What the recorder needs to know of one overload."""

    overload: OpOverload
    kind: Kind
    pure: OpOverload | None  # the operator that computes the same without writing
    written: tuple[str, ...]  # names of the arguments written
    argument_names: tuple[str, ...]
    returns: int  # how many values; -1: one list of tensors
    random: bool
    composite: bool
    makes_sparse: bool = False
    differentiable: bool = True  # whether results require grad when an argument does
    defaults: dict[str, Any] = field(
        default_factory=dict
    )  # what an in-place form may leave out and the pure one not

    @property
    def pure_form(self) -> OpOverload:
        """The pure operator of one that writes."""
        assert self.pure is not None, "asked only of operators that have one"
        return self.pure

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments by name."""
        return {**dict(zip(self.argument_names, args)), **kwargs}


@functools.cache
def operator_of(overload: OpOverload) -> Operator:
    """Return what is known of an overload; worked out at its first use in the process."""
    schema = overload._schema
    written = tuple(a.name for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write)
    kind = _kind(overload, written)
    pure = _pure(overload, written) if kind in _WRITING else None
    return Operator(
        overload=overload,
        kind=kind,
        pure=pure,
        written=written,
        argument_names=tuple(a.name for a in schema.arguments),
        returns=-1 if len(schema.returns) == 1 and _is_list(schema.returns[0]) else len(schema.returns),
        random=torch.Tag.nondeterministic_seeded in overload.tags,
        composite=is_composite(overload),
        makes_sparse=schema.name in SPARSE_MAKERS,
        differentiable=not _takes_the_form_only(schema.name),
        defaults={} if pure is None else _defaults(schema, pure._schema),
    )


def _defaults(schema: Any, pure: Any) -> dict[str, Any]:
    required = {a.name for a in pure.arguments if not a.has_default_value()}
    return {a.name: a.default_value for a in schema.arguments if a.has_default_value() and a.name in required}


_WRITING = (Kind.IN_PLACE, Kind.OUT, Kind.MUTATING, Kind.RESHAPING)


def _takes_the_form_only(name: str) -> bool:
    """Whether an operator looks at no element of its operands (`zeros_like`, `new_ones`), or only counts them."""
    plain = name.removeprefix("aten::")
    return plain != name and (plain.endswith("_like") or plain.startswith("new_") or plain == "histc")


def _is_list(value: Any) -> bool:
    return isinstance(value.type, torch.ListType)


def _is_tensor_type(value: Any) -> bool:
    text = str(value.type)
    return text.startswith(("Tensor", "Optional[Tensor", "List[Tensor", "Optional[List[Tensor"))


def _kind(overload: OpOverload, written: tuple[str, ...]) -> Kind:
    schema = overload._schema
    name = schema.name
    if name in HIDDEN_WRITES:
        return Kind.HIDDEN
    if written:
        if _all_are_outputs(schema, written):
            return Kind.OUT
        if written == (schema.arguments[0].name,) and name.endswith("_") and len(schema.returns) <= 1:
            pure = _pure(overload, written)
            return Kind.RESHAPING if pure is not None and _views(pure) else Kind.IN_PLACE
        return Kind.MUTATING
    if name in STATEMENTS or (schema.returns and not any(_is_tensor_type(r) for r in schema.returns)):
        return Kind.QUESTION
    if name in TRANSPARENT:
        return Kind.TRANSPARENT
    if name == "aten::as_strided":
        return Kind.STRIDED
    if name in DROPOUTS:
        return Kind.MAYBE_VIEW
    if _views(overload) or name in UNSAID_VIEWS or name in MAYBE_ITSELF:
        return Kind.VIEW if name not in MAYBE_VIEWS | MAYBE_ITSELF else Kind.MAYBE_VIEW
    return Kind.PURE


def _all_are_outputs(schema: Any, written: tuple[str, ...]) -> bool:
    return all(a.kwarg_only or a.name == "out" for a in schema.arguments if a.name in written)


def _views(overload: OpOverload) -> bool:
    return any(r.alias_info is not None and not r.alias_info.is_write for r in overload._schema.returns)


@functools.cache
def _pure(overload: OpOverload, written: tuple[str, ...]) -> OpOverload | None:
    """Find the overload with the same arguments that writes none of them."""
    schema = overload._schema
    namespace, _, name = schema.name.partition("::")
    base = name[:-1] if name.endswith("_") and not name.endswith("__") else name
    drop = () if name.endswith("_") or not _all_are_outputs(schema, written) else written
    wanted = [(a.name, str(a.type)) for a in schema.arguments if a.name not in drop]
    for candidate in (
        base,
        base + "_functional",
        base.lstrip("_") if base.startswith("_index_put_impl") else base,
    ):
        packet = getattr(getattr(torch.ops, namespace), candidate, None)
        for overload_name in packet.overloads() if packet is not None else ():
            found: OpOverload = getattr(packet, overload_name)
            arguments = found._schema.arguments
            if any(a.alias_info is not None and a.alias_info.is_write for a in arguments):
                continue
            if [(a.name, str(a.type)) for a in arguments] == wanted or _is_renamed(name, arguments, wanted):
                return found
    return None


def _is_renamed(name: str, arguments: Any, wanted: list[tuple[str, str]]) -> bool:
    """`dropout_(self, p)` and `dropout(input, p)`, `polygamma_(self, n)` and `polygamma(n, self)` are the same."""
    if not name.endswith("_"):
        return False
    found = [(a.name, str(a.type)) for a in arguments]
    return sorted(found) == sorted(wanted) or (found[1:] == wanted[1:] and found[0][1] == wanted[0][1])


# Operators that write their running statistics although the schema is silent.
HIDDEN_WRITES = frozenset(
    {
        "aten::batch_norm",
        "aten::instance_norm",
        "aten::_batch_norm_impl_index",
        "aten::native_batch_norm",
        "aten::cudnn_batch_norm",
        "aten::miopen_batch_norm",
    }
)

# Operators declared as views that copy when the strides or the dtype ask for it.
MAYBE_VIEWS = frozenset(
    f"aten::{name}"
    for name in (
        "reshape reshape_as contiguous to type_as flatten ravel expand_as_contiguous _to_copy float double half "
        "bfloat16 cpu cuda resolve_conj resolve_neg _reshape_alias pin_memory unflatten_dense"
    ).split()
)

# They hand back their argument when it has the sizes asked for already.
MAYBE_ITSELF = frozenset({"aten::sum_to_size"})

# They return nothing, and state something of a size.
STATEMENTS = frozenset({"aten::sym_constrain_range", "aten::sym_constrain_range_for_size"})

# They make a tensor like another one.
LIKE = frozenset(
    f"aten::{name}"
    for name in (
        "empty_like zeros_like ones_like full_like rand_like randn_like randint_like new_empty new_empty_strided "
        "new_zeros new_ones new_full"
    ).split()
)

# They hand back their argument when there is nothing to drop, which their arguments tell.
DROPOUTS = frozenset(
    f"aten::{name}" for name in "dropout alpha_dropout feature_dropout feature_alpha_dropout".split()
)

# Their results share storage with the first argument although the schema does not say so.
UNSAID_VIEWS = frozenset(
    f"aten::{name}" for name in "unsafe_chunk unsafe_split unsafe_split_with_sizes _unsafe_view".split()
)

# Composite operators that hand back an argument or a view of one, as sizes or dtypes decide.
TRANSPARENT = frozenset(
    f"aten::{name}"
    for name in (
        "atleast_1d atleast_2d atleast_3d broadcast_tensors meshgrid cartesian_prod conj_physical einsum "
        "type_as chain_matmul flatten_dense_tensors unflatten_dense_tensors _cast_Byte _cast_Char "
        "_cast_Double _cast_Float _cast_Int _cast_Long _cast_Short _cast_Half"
    ).split()
)


def returns_new_tensor(info: Operator, bound: dict[str, Any]) -> bool:
    """Say whether a transparent operator hands nothing back, given these arguments: a product."""
    several = {"aten::einsum": "tensors", "aten::chain_matmul": "matrices"}.get(info.overload._schema.name)
    return several is not None and len(bound[several]) > 1


# Whatever they are given, what they return is sparse.
SPARSE_MAKERS = frozenset(
    f"aten::{name}"
    for name in (
        "to_sparse _to_sparse to_sparse_csr _to_sparse_csr to_sparse_csc _to_sparse_csc to_sparse_bsr _to_sparse_bsr "
        "to_sparse_bsc _to_sparse_bsc sparse_coo_tensor _sparse_coo_tensor_unsafe sparse_csr_tensor "
        "_sparse_csr_tensor_unsafe sparse_csc_tensor _sparse_csc_tensor_unsafe sparse_compressed_tensor "
        "_sparse_compressed_tensor_unsafe sparse_bsr_tensor sparse_bsc_tensor"
    ).split()
)
