"""`Dim`: how users name a size, with its range, and arithmetic and comparisons on it.

A `Dim` is an expression over symbols, with the sizes that each symbol may have. A plain `Dim("batch")` is the symbol
itself; `2*batch + 1` is a derived dim. `Dim.AUTO`, `Dim.DYNAMIC` and `Dim.STATIC` are dims without a name.

Invariant: an expression of a `Dim` is canonical, so two dims are the same exactly if their expressions are, however
they were written (`d + d` is `2*d`).
"""

from __future__ import annotations

import keyword
import operator
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, NoReturn, Union

from fullgraph.contract.sizes import ANY_SIZE, Sizes, merge_sizes, sizes_of_arguments, whole
from fullgraph.errors import SpecError
from fullgraph.symbolic import (
    Bool,
    Expr,
    add,
    eq,
    floordiv,
    ge,
    gt,
    integer,
    le,
    lt,
    mod,
    mul,
    ne,
    parse,
    pow_,
    render,
    sub,
    symbol,
)


class DimKind(Enum):
    """How strictly a dim is dynamic."""

    NAMED = "named"  # dynamic in its whole range, or the export is refused
    DYNAMIC = "DYNAMIC"  # the same, without a name
    AUTO = "AUTO"  # dynamic, unless the program pins it
    STATIC = "STATIC"  # the size of the example


@dataclass(frozen=True)
class UnnamedDim:
    """`Dim.AUTO`, `Dim.DYNAMIC` or `Dim.STATIC`; call it to say a range: `Dim.AUTO(min=2, max=64)`."""

    kind: DimKind
    sizes: Sizes = ANY_SIZE

    def __call__(
        self, min: int | None = None, max: int | None = None, values: Iterable[int] | None = None
    ) -> UnnamedDim:
        return UnnamedDim(self.kind, sizes_of_arguments(f"Dim.{self.kind.value}", min, max, values))

    def __repr__(self) -> str:
        arguments = self.sizes.arguments
        return f"Dim.{self.kind.value}({arguments})" if arguments else f"Dim.{self.kind.value}"


@dataclass(frozen=True, eq=False)
class Relation:
    """A comparison of dims, for `constraints=`. It holds of every call, so it is never true or false by itself."""

    fact: Bool
    sizes: Mapping[str, Sizes]
    places: Mapping[str, tuple[Any, int]]

    def __repr__(self) -> str:
        return render(self.fact)

    def __bool__(self) -> bool:
        raise SpecError(
            "A comparison of dims was used as a truth value.",
            why="Python reads `2 <= dim <= 10` as `2 <= dim and dim <= 10`, which asks for one.",
            instead="constraints=[2 <= dim, dim <= 10]",
        )


Operand = Union["Dim", int]


class Dim:
    """A named size, the same wherever the name appears.

    Args:
        name: a Python identifier; errors and the contract call the size so.
        min: the smallest size, 0 unless given. An integer argument (no tensor's size) may be negative.
        max: the largest size; no bound unless given.
        values: the only sizes there are, instead of `min` and `max`.

    Sums, differences, products, `//`, `%`, `**` and `-` of dims and integers are derived dims: `2*d`, `d + 1`,
    `(d + 1)//2`, `d*e`. `8*d` says that a size is a multiple of 8. A call must be able to compute each name from some
    size, so `d//2` is accepted only where `d` itself is a size as well. Comparisons (`d >= 2*e`) are for
    `constraints=`; two sizes are equal by having one name, or by the text `"d == e"`, because `==` of two dims
    compares the names.

    `Dim.DYNAMIC` is a dim without a name, `Dim.AUTO` one that the program may pin, `Dim.STATIC` the size of the
    example; each may be called with `min=` and `max=`, or `values=`.

    Raises:
        SpecError: the name is no identifier, or no size is left.

    Example:
        >>> batch, width = Dim("batch", min=1, max=64), Dim("width", values=[640, 1280])
        >>> dynamic_shapes = {"image": (batch, 3, None, width), "mask": (2 * batch, width // 8)}
    """

    __slots__ = ("expr", "places", "sizes")

    AUTO: ClassVar[UnnamedDim] = UnnamedDim(DimKind.AUTO)
    DYNAMIC: ClassVar[UnnamedDim] = UnnamedDim(DimKind.DYNAMIC)
    STATIC: ClassVar[UnnamedDim] = UnnamedDim(DimKind.STATIC)

    expr: Expr
    sizes: Mapping[str, Sizes]  # of each symbol that came with any
    places: Mapping[str, tuple[Any, int]]  # of symbols made by `dynamic_dim`: the tensor and its dim

    def __init__(
        self,
        name: str,
        *,
        min: int | None = None,
        max: int | None = None,
        values: Iterable[int] | None = None,
    ) -> None:
        if not _is_name(name):
            raise SpecError(
                f"{name!r} cannot name a dim.",
                why="A name is a Python identifier, and neither a keyword nor `_`.",
                instead='Dim("batch")',
            )
        name = unicodedata.normalize("NFKC", name)  # as Python reads it, in a text as well
        self.expr = symbol(name)
        self.sizes = {name: sizes_of_arguments(f"Dim({name!r})", min, max, values)}
        self.places = {}

    @classmethod
    def of(
        cls,
        expr: Expr,
        sizes: Mapping[str, Sizes] | None = None,
        places: Mapping[str, tuple[Any, int]] | None = None,
    ) -> Dim:
        """Return the dim of an expression over named symbols."""
        new = cls.__new__(cls)
        new.expr, new.sizes, new.places = expr, sizes or {}, places or {}
        return new

    @property
    def name(self) -> str:
        """The name; of a derived dim, its expression."""
        return render(self.expr)

    def _derive(self, operation: Callable[[Expr, Expr], Expr], left: Operand, right: Operand) -> Dim:
        left, right = _operand(left), _operand(right)
        sizes, places = joined(left, right)
        kind = DynamicDim if places else Dim
        try:
            expr = operation(_expr_of(left), _expr_of(right))
        except ZeroDivisionError:
            raise SpecError(f"{left!r} is divided by zero.", instead=f"{left!r} // 2") from None
        if expr.is_float:
            raise SpecError(
                f"A size is an integer, and `{render(expr)}` need not be.", instead=f"{left!r} ** 2"
            )
        return kind.of(expr, sizes, places)

    def __add__(self, other: Operand) -> Dim:
        return self._derive(add, self, other)

    def __radd__(self, other: Operand) -> Dim:
        return self._derive(add, other, self)

    def __sub__(self, other: Operand) -> Dim:
        return self._derive(sub, self, other)

    def __rsub__(self, other: Operand) -> Dim:
        return self._derive(sub, other, self)

    def __mul__(self, other: Operand) -> Dim:
        return self._derive(mul, self, other)

    def __rmul__(self, other: Operand) -> Dim:
        return self._derive(mul, other, self)

    def __neg__(self) -> Dim:
        return self._derive(mul, -1, self)

    def __floordiv__(self, other: Operand) -> Dim:
        return self._derive(floordiv, self, other)

    def __rfloordiv__(self, other: Operand) -> Dim:
        return self._derive(floordiv, other, self)

    def __mod__(self, other: Operand) -> Dim:
        return self._derive(mod, self, other)

    def __rmod__(self, other: Operand) -> Dim:
        return self._derive(mod, other, self)

    def __pow__(self, other: Operand) -> Dim:
        return self._derive(pow_, self, other)

    def __rpow__(self, other: Operand) -> Dim:
        return self._derive(pow_, other, self)

    def __truediv__(self, other: object) -> Dim:
        raise SpecError(
            f"A size is an integer, and `{self!r} / {other}` need not be.", instead=f"{self!r} // {other}"
        )

    def __le__(self, other: Operand) -> Relation:
        return _relation(le, self, other)

    def __lt__(self, other: Operand) -> Relation:
        return _relation(lt, self, other)

    def __ge__(self, other: Operand) -> Relation:
        return _relation(ge, self, other)

    def __gt__(self, other: Operand) -> Relation:
        return _relation(gt, self, other)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, Dim):
            return NotImplemented
        return self.expr is other.expr and _given(self.sizes) == _given(other.sizes)

    def __hash__(self) -> int:
        return hash(self.expr)

    def __reduce__(self) -> tuple[Any, ...]:
        return _dim_of_text, (render(self.expr), dict(self.sizes))

    def __repr__(self) -> str:
        arguments = [s.arguments for s in self.sizes.values() if s.arguments]
        if self.expr.kind != "symbol":
            return render(self.expr)
        return f"Dim({', '.join([repr(self.name), *arguments])})"


class DynamicDim(Dim):
    """What `dynamic_dim` returns. Unlike those of a named dim, `==` and `!=` state something of two sizes."""

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (Dim, int)):
            return _relation(eq, self, other)
        return NotImplemented

    def __ne__(self, other: object) -> Any:
        if isinstance(other, (Dim, int)):
            return _relation(ne, self, other)
        return NotImplemented

    __hash__ = Dim.__hash__

    def __reduce__(self) -> NoReturn:
        raise SpecError(
            "What `dynamic_dim` returns cannot be written down: it is of one tensor.",
            instead='Dim("batch"), and constraints as text: "batch <= 10"',
        )

    def __copy__(self) -> DynamicDim:
        return self

    def __deepcopy__(self, memo: object) -> DynamicDim:
        return self

    def __repr__(self) -> str:
        return "dynamic_dim(...)"


def dynamic_dim(x: Any, index: int) -> Dim:
    """Say that one dim of an example tensor is dynamic, for `constraints=`.

    Args:
        x: the tensor, as it is passed to `export`.
        index: which of its dims; negative ones count from the end.

    Returns:
        The dim, to be compared with integers and other dims. By itself in `constraints=` it is dynamic in any range.

    Example:
        >>> constraints = [dynamic_dim(x, 0) <= 10, dynamic_dim(x, 0) == dynamic_dim(y, 0)]
    """
    try:
        rank, index = len(x.shape), operator.index(index)
    except (AttributeError, TypeError):
        raise SpecError(
            f"`dynamic_dim` takes a tensor and the number of a dim, and was given {type(x).__name__} and {index!r}.",
            instead="dynamic_dim(x, 0)",
        ) from None
    if not -rank <= index < rank:
        raise SpecError(
            f"`dynamic_dim(x, {index})` names a dim beyond the rank of a tensor with {rank} dims.",
            instead=f"a dim from 0 to {rank - 1}" if rank else "a tensor with dims",
        )
    index %= rank
    # The angle brackets keep the name apart from any that a user can write.
    name = f"<{id(x):x}[{index}]>"
    return DynamicDim.of(symbol(name), {name: ANY_SIZE}, {name: (x, index)})


def as_dim(value: object) -> Dim | UnnamedDim | None:
    """Return ours for a dim of ours or of `torch.export`; None for anything else."""
    if isinstance(value, (Dim, UnnamedDim)):
        return value
    # Objects of torch.export exist only if it was imported; importing it for this costs a second.
    theirs = sys.modules.get("torch.export")
    if theirs is None:
        return None
    if isinstance(value, theirs.Dim):
        return _from_torch(value)
    if isinstance(value, type(theirs.Dim.AUTO)):
        unnamed: Any = value
        return UnnamedDim(DimKind[unnamed.type.name], Sizes(unnamed.min, unnamed.max))
    return None


def _from_torch(dim: Any) -> Dim:
    root = getattr(dim, "root", None)
    if root is not None:  # derived: the function that was applied to the root applies to ours as well
        return dim.fn(_from_torch(root))
    # "No bound" is a number of sympy's there.
    low, high = (bound if isinstance(bound, int) else None for bound in (dim.min, dim.max))
    return Dim(dim.__name__, min=low or None, max=high)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name) and name != "_"


def _given(sizes: Mapping[str, Sizes]) -> dict[str, Sizes]:
    return {name: found for name, found in sizes.items() if found != ANY_SIZE}


def joined(*operands: Operand) -> tuple[dict[str, Sizes], dict[str, tuple[Any, int]]]:
    """Return the sizes and places of all the symbols of these operands."""
    sizes: dict[str, Sizes] = {}
    places: dict[str, tuple[Any, int]] = {}
    for operand in operands:
        if isinstance(operand, Dim):
            for name, found in operand.sizes.items():
                sizes[name] = merge_sizes(name, sizes.get(name, ANY_SIZE), found)
            places.update(operand.places)
    return sizes, places


def _operand(value: object) -> Operand:
    """Return a dim of ours, or Python's own integer, for one of any library."""
    if isinstance(value, Dim):
        return value
    dim = as_dim(value)
    if isinstance(dim, Dim):
        return dim
    number = whole(value)
    if number is not None:
        return number
    raise SpecError(
        f"A dim is computed from dims and integers, not from {value!r}.",
        instead="2 * batch, seq + 1, width // 8",
    )


def _expr_of(operand: Operand) -> Expr:
    return operand.expr if isinstance(operand, Dim) else integer(operand)


def _dim_of_text(text: str, sizes: Mapping[str, Sizes]) -> Dim:
    """Make a dim again that was written down."""
    expr = parse(text)
    assert isinstance(expr, Expr), "a dim is written as a size"
    return Dim.of(expr, sizes)


def _relation(compare: Callable[[Expr, Expr], Bool], left: Operand, right: Operand) -> Relation:
    left, right = _operand(left), _operand(right)
    return Relation(compare(_expr_of(left), _expr_of(right)), *joined(left, right))
