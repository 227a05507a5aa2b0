"""Sparse tensors: arguments of a sparse layout, and what operators make of them and into them.

A graph passes a sparse tensor from node to node like any other. What a trace must know of one is its layout, for
which the program may ask and by which operators decide; it follows from the operator and its arguments, whatever
their contents. So an operator that has sparse tensors among its arguments, or makes one, is tried on examples: sparse
inputs as they are, zeros in the place of tensors that are not sparse. Its result becomes the example of the next.
Sizes come from the rules, which know nothing of layouts, and must agree with those of the trial.

Refused: what depends on how many elements are stored (`values`, `_nnz`), and writes while a sparse tensor is among
the arguments.

Invariant: a value has an example when and only when it is sparse.
"""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from fullgraph.contract import TensorSpec
from fullgraph.errors import DataDependent, Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing.dispatch import OpOverload, grad_enabled, inside_functorch, plain_torch
from fullgraph.tracing.meta import values_in
from fullgraph.tracing.operators import Kind, Operator
from fullgraph.tracing.records import Records
from fullgraph.tracing.rules import Out, shape_of
from fullgraph.tracing.traced import DIFFERENTIABLE, Size, Value

Dims = tuple[Size, ...]
aten = torch.ops.aten


def note_sparse(recorder: Records, value: Value, real: torch.Tensor) -> None:
    """Write down that an input, or a tensor met on the way, is sparse.

    Raises:
        Unsupported: it has a layout of another kind.
    """
    if real.layout not in _LAYOUTS:
        name = value.source.target if value.source is not None else str(value.node)
        raise Unsupported(
            f"`{name}` is a tensor of layout {real.layout}.",
            why="Its sizes do not say how its contents are stored, which operators on such tensors rely on.",
            instead="Pass a dense or a sparse tensor.",
            where=origin_here(),
            case="sparse_tensor_as_a_whole",
        )
    value.example, recorder.met_sparse = real, True


def is_about_sparse(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether an operator makes a sparse tensor or has one among its arguments; mostly told at a glance."""
    if info.makes_sparse or (kwargs and kwargs.get("layout") not in (None, torch.strided)):
        recorder.met_sparse = True
        return True
    return recorder.met_sparse and any(value.example is not None for value in values_in((args, kwargs)))


def record_sparse(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record such an operator and return its value.

    Raises:
        DataDependent: what it returns depends on how many elements are stored.
        Unsupported: it writes, or what it returns cannot be told.
        Exception: what eager raises for these arguments.
    """
    op = info.overload
    if info.written or info.kind is Kind.HIDDEN:
        _refuse(op, "it writes, and what a write to a sparse tensor changes depends on what is stored")
    if inside_functorch():
        _refuse(op, "the transforms of torch.func look at layouts where no traced tensor can answer")
    if info.kind is Kind.QUESTION or op._schema.name in _ON_WHAT_IS_STORED or _DATA & set(op.tags):
        raise DataDependent(
            f"`{op}` is asked of a sparse tensor.",
            why="How many elements are stored is known only when the program runs, and differs from call to call.",
            instead="Compute with the tensor as a whole (`torch.sparse.mm`, `to_dense`), or pass indices and values.",
            where=origin_here(),
            case="values_of_sparse_tensor",
        )
    examples: dict[int, Any] = {}
    with torch.no_grad(), plain_torch():
        found = op(*_examples(recorder, args, examples), **_examples(recorder, kwargs, examples))
    for value in values_in((args, kwargs)):
        if examples[id(value)] is found:
            return value  # handed back
    if not isinstance(found, torch.Tensor):
        _refuse(op, "it returns several tensors")
    return _made(recorder, info, args, kwargs, found)


def _made(
    recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any], found: torch.Tensor
) -> Value:
    op = info.overload
    dims = _dims(recorder, info, args, kwargs)
    if dims is None and not any(isinstance(item, Expr) for item in _sizes(args, kwargs)):
        dims = tuple(found.shape)
    if dims is None or [_hint(recorder, size) for size in dims] != list(found.shape):
        _refuse(op, "the sizes of what it returns are not known")
    node = recorder.node(op, recorder.as_arguments(args), recorder.as_arguments(kwargs))
    sizes: Any = dims
    node.meta["val"] = TensorSpec(sizes, found.dtype, found.device)
    value = Value(dims, found.dtype, found.device, node, recorder.clock)
    operands = values_in((args, kwargs))
    value.requires_grad = (
        grad_enabled() and found.dtype in DIFFERENTIABLE and any(o.requires_grad for o in operands)
    )
    value.example = None if found.layout is torch.strided else found
    return value


def _dims(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Dims | None:
    name = info.overload._schema.name.removeprefix("aten::")
    bound = info.bind(args, kwargs)
    given = next(iter(bound.values()), None)
    if name in _LIKE_FIRST and isinstance(given, Value):
        return given.dims
    if name in _PRODUCTS:
        first, second = (bound[argument] for argument in _PRODUCTS[name])
        return (first.dims[0], second.dims[1])
    if "sparse_coo_tensor" in name and "size" in bound:
        return tuple(bound["size"])
    op = info.overload
    if name == "_sparse_sum":
        if "dim" not in bound:
            return ()
        op, args, kwargs = aten.sum.dim_IntList, (given, bound["dim"]), {}
    out = shape_of(op, args, kwargs, recorder.scope)
    return out.dims if isinstance(out, Out) else None


def _examples(recorder: Records, tree: Any, made: dict[int, Any]) -> Any:
    if isinstance(tree, Value):
        if id(tree) not in made:
            sizes = [_hint(recorder, size) for size in tree.dims]
            example = tree.example
            made[id(tree)] = (
                torch.zeros(sizes, dtype=tree.dtype, device=tree.device) if example is None else example
            )
        return made[id(tree)]
    if isinstance(tree, (Expr, Bool)):
        return _hint(recorder, tree)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_examples(recorder, item, made) for item in tree)
    if isinstance(tree, dict):
        return {name: _examples(recorder, item, made) for name, item in tree.items()}
    return tree


def _hint(recorder: Records, size: Any) -> Any:
    if not isinstance(size, (Expr, Bool)):
        return size
    hint = recorder.scope.hint_of(size)
    if hint is None:
        raise Unsupported(
            "A sparse tensor meets a size that has no example.",
            why="What operators make of sparse tensors is found out by trying them on an example.",
            instead="Call `.to_dense()` on sparse tensors, or give example tensors for all inputs.",
            where=origin_here(),
            case="sparse_tensor_as_a_whole",
        )
    return hint


def _sizes(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    stack: list[Any] = [args, list(kwargs.values())]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        else:
            found.extend(item.dims if isinstance(item, Value) else [item])
    return found


def _refuse(op: OpOverload, why: str) -> NoReturn:
    raise Unsupported(
        f"`{op}` of a sparse tensor cannot be captured.",
        why=f"It has sparse arguments or a sparse result, and {why}.",
        instead="Call `.to_dense()` first, and `.to_sparse()` outside of the program.",
        where=origin_here(),
        case="write_to_sparse_tensor",
    )


_LAYOUTS = (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)

_DATA = {torch.Tag.dynamic_output_shape, torch.Tag.data_dependent_output}

_ON_WHAT_IS_STORED = frozenset(
    f"aten::{name}"
    for name in (
        "values _values indices _indices crow_indices col_indices ccol_indices row_indices _nnz is_coalesced "
        "sparse_dim dense_dim nonzero"
    ).split()
)

# Their results have the sizes of the first argument.
_LIKE_FIRST = frozenset(
    (
        "to_sparse _to_sparse to_sparse_csr _to_sparse_csr to_sparse_csc _to_sparse_csc to_sparse_bsr _to_sparse_bsr "
        "to_sparse_bsc _to_sparse_bsc to_dense _to_dense coalesce _coalesce sparse_mask _sparse_softmax "
        "_sparse_log_softmax sparse_sampled_addmm _sparse_addmm"
    ).split()
)

# Their results have the rows of one argument and the columns of another.
_PRODUCTS: dict[str, tuple[str, str]] = {"_sparse_mm": ("sparse", "dense")}
