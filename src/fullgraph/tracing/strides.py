"""Strides, worked out only when someone asks: the program, a `reshape` of something written later, a meta kernel.

A real tensor has its own; a view's follow from its parent's; an elementwise result keeps the order of its
argument's dims; everything else that operators return is contiguous. `None` means that none of this applies, and
then whoever asked must refuse.

Which element lies where does not depend on the stride of a dim of size 1, or on any stride of a tensor without
elements. `strides_of` leaves those open, which keeps them polynomials; `exact_strides` are the numbers that eager has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from fullgraph.symbolic import Bool, Expr, add, eq, expression, ge, max_, mul
from fullgraph.tracing.dispatch import plain_torch
from fullgraph.tracing.traced import Size, Step, Value

Strides = tuple[Size, ...]
# Answers a question on sizes, on which exact strides may depend; None where they need not be exact.
Ask = Callable[[Bool], bool]


def contiguous_strides(dims: tuple[Size, ...]) -> Strides:
    """Return the strides of a contiguous tensor of these sizes."""
    strides: list[Size] = []
    step: Size = 1
    for size in reversed(dims):
        strides.append(step)
        step = times(step, size)
    return tuple(reversed(strides))


def exact_contiguous_strides(dims: tuple[Size, ...]) -> Strides:
    """Return the strides that PyTorch gives a new contiguous tensor: it counts a size of 0 as 1."""
    return contiguous_strides(tuple(_at_least_one(size) for size in dims))


def layout_of_example(real: torch.Tensor | None) -> tuple[bool, bool]:
    """Say whether an input is contiguous, and whether it has the very strides that a new tensor would have."""
    if real is None:
        return True, True
    if real.layout is not torch.strided:
        return False, True
    return real.is_contiguous(), real.stride() == exact_contiguous_strides(tuple(real.shape))


def _at_least_one(size: Size) -> Size:
    if isinstance(size, int):
        return max(size, 1)
    larger = max_(size, 1)
    return larger.value if larger.is_const else larger


def times(a: Size, b: Size) -> Size:
    """Return a product of sizes as a plain integer where it is one."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    product = mul(a, b)
    return product.value if product.is_const else product


def plus(a: Size, b: Size) -> Size:
    """Return a sum of sizes as a plain integer where it is one."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    total = add(a, b)
    return total.value if total.is_const else total


def strides_of(value: Value) -> Strides | None:
    """Return the strides eager PyTorch gives this value, or None when they cannot be told."""
    return _strides_of(value, None)


def exact_strides(value: Value, ask: Ask) -> Strides | None:
    """Return every stride as eager has it, for inputs with the strides of the examples; None if it cannot be told.

    Args:
        value: the tensor.
        ask: answers questions on sizes: which stride an expanded dim has depends on whether its size is 1.
    """
    return _strides_of(value, ask)


def _strides_of(value: Value, ask: Ask | None) -> Strides | None:
    if value.parent is not None and value.step is not None:
        above = _strides_of(value.parent, ask)
        return None if above is None else _of_view(value.parent, value, value.step, above, ask)
    if value.source is not None:
        return _of_source(value, ask)
    if not value.contiguous:
        return None
    if ask is None:
        return contiguous_strides(value.dims)
    if value.node.target is torch.ops.aten.contiguous.default:
        # The very argument, with strides of its own, where a size of 1 or 0 made that contiguous.
        if not all(ask(ge(expression(size), 2)) for size in value.dims):
            return None
    return exact_contiguous_strides(value.dims)


def offset_in_root(value: Value) -> Size | None:
    """Return how far a view's first element lies behind the root's, or None when it cannot be told."""
    if value.parent is None or value.step is None:
        return 0
    above, strides = offset_in_root(value.parent), strides_of(value.parent)
    if above is None or strides is None:
        return None
    step = value.step
    name = step.op._schema.name.removeprefix("aten::")
    if name in _KEEP_START:
        return above
    if name not in ("select", "slice", "narrow"):
        return None
    dim = _argument(step, 0, "dim", 0) % len(strides)
    start = _argument(step, 1, "index" if name == "select" else "start")
    start = 0 if start is None else start
    if isinstance(start, Value) or (name == "select" and not isinstance(start, int)):
        return None  # nobody knows whether it counts from the end
    if isinstance(start, int) and start < 0:
        start = plus(value.parent.dims[dim], start)
    return plus(above, times(start, strides[dim]))


def _of_source(value: Value, ask: Ask | None) -> Strides | None:
    packed = contiguous_strides if ask is None else exact_contiguous_strides
    real = value.source.real if value.source is not None else None
    if real is None:
        return packed(value.dims)
    if all(isinstance(size, int) for size in value.dims):
        return tuple(real.stride())
    steps = real.stride()
    # A dynamic input: the example's order of dims, densely packed, is what the contract will ask of a call.
    order = sorted(range(len(value.dims)), key=lambda d: (-steps[d], d))
    expected = 1
    for d in reversed(order):
        if real.size(d) != 1 and steps[d] != expected:
            return None
        expected *= max(real.size(d), 1)
    strides = packed(tuple(value.dims[d] for d in order))
    return tuple(strides[order.index(d)] for d in range(len(order)))


def result_is_contiguous(op: Any, operands: list[Value], kwargs: Mapping[str, Any]) -> bool:
    """Whether what an operator returns is known to be contiguous: decided as it is recorded, in constant time."""
    name = op._schema.name
    if is_always_contiguous(op, kwargs):
        return True
    if name in _LIKE_FIRST:
        return operands[0].contiguous
    own = name in _OWN_LAYOUT or name.startswith(_OWN_LAYOUT_FAMILIES)
    # A kernel for images may take one with dims of size 1 for channels-last as well as for contiguous.
    return not own and all(value.contiguous and value.root.in_order for value in operands)


def is_always_contiguous(op: Any, kwargs: Mapping[str, Any]) -> bool:
    """Whether an operator's result is contiguous whatever the layout of its arguments."""
    if not isinstance(op, torch._ops.OpOverload):
        return False
    name = op._schema.name
    return name in _ALWAYS_CONTIGUOUS or (
        name in _NEW_IN_FORMAT and kwargs.get("memory_format") is torch.contiguous_format
    )


def view_is_contiguous(op: Any, parent: Value) -> bool:
    """Whether a view is known to be contiguous: decided as it is recorded, in constant time."""
    return parent.contiguous and op._schema.name in _KEEP_CONTIGUOUS


def _of_view(parent: Value, view: Value, step: Step, above: Strides, ask: Ask | None) -> Strides | None:
    name = step.op._schema.name
    rule = _VIEWS.get(name)
    if rule is None and name in _TO_OTHER_SIZES:
        known = (
            _expanded(parent, view, above, ask) if name in _EXPAND else _reshaped(parent, view, above, ask)
        )
    else:
        known = None if rule is None else rule(parent, view, step, above)
    return _by_trial(parent, step, above) if known is None else known


def _by_trial(parent: Value, step: Step, above: Strides) -> Strides | None:
    """Take the view of a tensor without data, when all that it depends on is static."""
    if not all(
        type(item) in _PLAIN for item in _leaves((parent.dims, above, step.args, list(step.kwargs.values())))
    ):
        return None
    with plain_torch():
        sizes: Any = parent.dims
        steps: Any = above
        trial = torch.empty_strided(sizes, steps, dtype=parent.dtype, device="meta")
        taken: Any = step.op(trial, *step.args, **step.kwargs)
        return tuple((taken if step.index is None else taken[step.index]).stride())


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _leaves(item)
    else:
        yield tree


_PLAIN = frozenset({int, bool, float, str, type(None), torch.dtype})


def _argument(step: Step, position: int, name: str, default: Any = None) -> Any:
    return step.args[position] if position < len(step.args) else step.kwargs.get(name, default)


def _same(parent: Value, view: Value, step: Step, above: Strides) -> Strides | None:
    return above


def _reshaped(parent: Value, view: Value, above: Strides, ask: Ask | None) -> Strides | None:
    packed = contiguous_strides if ask is None else exact_contiguous_strides
    return packed(view.dims) if above == packed(parent.dims) else None


def _transposed(parent: Value, view: Value, step: Step, above: Strides) -> Strides | None:
    rank = len(above)
    name = step.op._schema.name
    if name == "aten::mT":
        first, second = rank - 2, rank - 1
    elif name == "aten::numpy_T":
        return tuple(reversed(above))
    else:
        first, second = _argument(step, 0, "dim0", 0), _argument(step, 1, "dim1", 1)
    swapped = list(above)
    if rank > 1:
        swapped[first], swapped[second] = swapped[second], swapped[first]
    return tuple(swapped)


def _permuted(parent: Value, view: Value, step: Step, above: Strides) -> Strides | None:
    return tuple(above[d] for d in _argument(step, 0, "dims"))


def _selected(parent: Value, view: Value, step: Step, above: Strides) -> Strides | None:
    dim = _argument(step, 0, "dim", 0) % len(above)
    return above[:dim] + above[dim + 1 :]


def _sliced(parent: Value, view: Value, step: Step, above: Strides) -> Strides | None:
    by = _argument(step, 3, "step", 1) if step.op._schema.name == "aten::slice" else 1
    if by == 1:
        return above
    dim = _argument(step, 0, "dim", 0) % len(above)
    return (*above[:dim], times(above[dim], by), *above[dim + 1 :])


def _unsqueezed(parent: Value, view: Value, step: Step, above: Strides) -> Strides | None:
    dim = _argument(step, 0, "dim") % (len(above) + 1)
    new = times(parent.dims[dim], above[dim]) if dim < len(above) else 1
    return (*above[:dim], new, *above[dim:])


def _expanded(parent: Value, view: Value, above: Strides, ask: Ask | None) -> Strides | None:
    added = len(view.dims) - len(above)
    kept: list[Size] = []
    for stride, before, after in zip(above, parent.dims, view.dims[added:]):
        if before == after:
            kept.append(stride)
        elif ask is not None:
            kept.append(stride if ask(eq(expression(before), expression(after))) else 0)
        elif before == 1:
            kept.append(0)
        else:
            return None  # equal to it by the contract, or 1: its stride is 0 or not
    for size in reversed(view.dims[:added]):
        alone = ask is not None and above and ask(eq(expression(size), 1))
        kept.insert(0, times(kept[0], view.dims[len(view.dims) - len(kept)]) if alone else 0)
    return tuple(kept)


def _table() -> dict[str, Callable[[Value, Value, Step, Strides], Strides | None]]:
    names = {
        _same: "alias detach contiguous to type_as lift_fresh resolve_conj resolve_neg split split_with_sizes chunk "
        "narrow tensor_split float double half _to_copy dropout alpha_dropout feature_dropout feature_alpha_dropout",
        _transposed: "transpose t swapaxes swapdims numpy_T mT",
        _permuted: "permute",
        _selected: "select unbind",
        _sliced: "slice",
        _unsqueezed: "unsqueeze",
    }
    return {f"aten::{name}": rule for rule, text in names.items() for name in text.split()}


_VIEWS = _table()


def _names(text: str) -> frozenset[str]:
    return frozenset(f"aten::{name}" for name in text.split())


_EXPAND = _names("expand expand_as")
_TO_OTHER_SIZES = _EXPAND | _names(
    "view _unsafe_view reshape flatten unflatten squeeze view_as reshape_as ravel"
)
_ALWAYS_CONTIGUOUS = _names(
    "linear matmul mm bmm addmm baddbmm embedding layer_norm ones zeros full empty arange linspace eye"
)
_NEW_IN_FORMAT = _names("clone empty_like zeros_like ones_like full_like rand_like randn_like randint_like")
# What they write into a copy of their first argument does not change its layout.
_LIKE_FIRST = _names(
    "slice_scatter select_scatter diagonal_scatter scatter scatter_add scatter_reduce index_put index_add index_fill "
    "index_copy"
)
# Their kernels choose a layout of their own: column-major, transposed, or following what the sizes suggest.
_OWN_LAYOUT = _names(
    "scaled_dot_product_attention _scaled_dot_product_flash_attention _scaled_dot_product_efficient_attention "
    "_scaled_dot_product_flash_attention_for_cpu einsum tensordot lstm gru rnn_tanh rnn_relu empty_strided "
    "new_empty_strided as_strided_copy permute_copy transpose_copy t_copy unfold_copy multi_head_attention_forward "
    "_lu_with_info argwhere nonzero chalf cholesky cholesky_inverse cholesky_solve empty_permuted geqrf ormqr qr svd "
    "pinverse lu_unpack lu_solve rot90 stft istft triangular_solve"
)
_OWN_LAYOUT_FAMILIES = ("aten::linalg_", "aten::_linalg", "aten::fft_", "aten::_fft")
_KEEP_CONTIGUOUS = _names(
    "view reshape flatten unflatten unsqueeze squeeze alias detach contiguous to type_as view_as reshape_as ravel "
    "lift_fresh resolve_conj resolve_neg float double half _to_copy view_as_real view_as_complex "
    "dropout alpha_dropout feature_dropout feature_alpha_dropout"
)


def is_static(strides: Strides) -> bool:
    """Whether all strides are plain integers."""
    return not any(isinstance(stride, Expr) for stride in strides)


# Views whose first element is the first one of what they were taken of.
_KEEP_START = frozenset(
    "view _unsafe_view reshape flatten unflatten squeeze unsqueeze view_as reshape_as ravel transpose t swapaxes "
    "swapdims numpy_T mT permute movedim moveaxis alias detach contiguous to type_as expand expand_as "
    "unfold lift_fresh".split()
)
