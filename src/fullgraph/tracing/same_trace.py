"""Whether two traces compute the same wherever some facts hold, which is more often than that they look the same.

Each value gets a number, and two values with one number are equal: value numbering (Cocke and Schwartz, "Programming
Languages and Their Compilers", 1970), over both graphs with one table. A value is what its operator makes of the
numbers of its operands, with five things seen through, each only as far as the facts go:

* a size is its expression, whoever worked it out: `x.shape[0]` is 1 where the facts say so;
* an operator that keeps the order of elements is its operand when it keeps the sizes as well: `p.expand(b, -1)` where
  b is 1, `x[:, :16]` of at most 16 columns, a padding by nothing, a concatenation with nothing, an image resampled to
  its own size (exactly its own elements, in every mode), a copy;
* operators that rearrange elements are what they come to together (rearranged.py);
* tensors without elements differ in nothing but their sizes, where what makes them raises for none (`amax` does);
* literals are compared by their contents.

What has an effect (random numbers, assertions) counts in order. Values that nobody uses do not count, but where an
operator itself raises for sizes that no contract excludes (`view(0, -1)`), it does: a trace must not raise for another.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import fx

from fullgraph.contract import TensorSpec, fresh_scope
from fullgraph.symbolic import Bool, Contradiction, Expr, Scope, eq, evaluate, expression, le, ne
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.operators import Kind, operator_of
from fullgraph.tracing.rearranged import Rearranged
from fullgraph.tracing.result import GraphInput, GraphOutput, InputRole, Trace
from fullgraph.tracing.written_alike import same_contents, written_alike

Number = int
_aten: Final = torch.ops.aten
# With the sizes kept these give their first operand: all elements, in their order.
_KEEP_ORDER: Final = frozenset(
    {
        _aten.expand.default,
        _aten.expand_as.default,
        _aten.broadcast_to.default,
        _aten.sum_to_size.default,
        _aten.view.default,
        _aten.view_as.default,
        _aten.reshape.default,
        _aten.reshape_as.default,
        _aten.flatten.using_ints,
        _aten.slice.Tensor,
        _aten.narrow.default,
        _aten.constant_pad_nd.default,
        _aten.pad.default,
        _aten.repeat.default,
        _aten.contiguous.default,
        _aten.tile.default,
    }
)
_INFER_A_SIZE: Final = frozenset(
    {_aten.view.default, _aten.reshape.default, _aten._unsafe_view.default, _aten.unflatten.int}
)
# What an operator that raises wherever the facts hold adds to what may raise.
_RAISES: Final = "raises"
# So does this, as a tensor of its own; where it is given back, who has the operand's memory can tell the two apart.
_COPY: Final = frozenset({_aten.clone.default})
_GUESSING: Final = frozenset({"aten::view", "aten::reshape"})
_TAKE_NOTHING: Final = _GUESSING | frozenset(
    f"aten::{name}"
    for name in (
        "alias detach clone contiguous to type_as expand permute transpose t unsqueeze squeeze flatten slice pad "
        "constant_pad_nd repeat flip roll tril triu cat stack split split_with_sizes chunk slice_scatter "
        "zeros ones full empty arange zeros_like ones_like full_like empty_like new_zeros new_ones new_full new_empty "
        "mm bmm matmul linear addmm baddbmm einsum scaled_dot_product_attention sum mean cumsum "
        "softmax log_softmax _softmax _log_softmax layer_norm rms_norm dropout"
    ).split()
)
_TAKE_EMPTY: Final = frozenset(
    "sym_size sym_numel item conv1d conv2d conv3d convolution batch_norm group_norm instance_norm index index_select "
    "index_add index_put index_copy index_fill gather scatter scatter_add scatter_reduce take take_along_dim embedding "
    "sort argsort nonzero masked_select any all prod count_nonzero norm cumprod one_hot bincount unique_consecutive "
    "unbind dot mv addmv outer cross_entropy_loss nll_loss mse_loss lift_fresh_copy select_scatter slice_scatter "
    "empty_strided as_strided view_as_real view_as_complex roll flip movedim swapaxes pixel_shuffle".split()
)


def same_trace(
    a: Trace,
    b: Trace,
    facts: Sequence[Bool] = (),
    sizes: Mapping[Expr, Any] = MappingProxyType({}),
    left: Iterable[tuple[torch.Tensor, fx.Node]] = (),
    kept: tuple[Sequence[Any], Sequence[Any]] = ((), ()),
) -> bool:
    """Say whether one trace of a program computes what another does wherever the facts hold.

    Args:
        a: a trace; what it lays out anew need not be in the other one, which is not so the other way round.
        b: another, of the same arguments.
        facts: what is known of the symbols, besides their declared ranges.
        sizes: values of the symbols; where the facts hold of them, what differs for them need not be looked into.
        left: tensors that `b` found, with the nodes of `a` that made them.
        kept: what each leaves in the program's objects: nodes, sizes and plain values, in lists.

    Returns:
        False also when it is not known.
    """
    meanings = [list(map(_meaning, each.outputs)) for each in (a, b)]
    if (
        meanings[0] != meanings[1]
        or a.output_tree != b.output_tree
        or a.output_leaves != b.output_leaves
        or a.argument_state != b.argument_state
    ):
        return False
    if written_alike(a, b):
        return True
    try:
        scope = knowing(a, facts)
    except Contradiction:
        return True  # the facts never hold
    numbering = _Numbering(scope, sizes if all(_value_at(fact, sizes) is True for fact in facts) else {})
    ours, our_layouts = numbering.of_trace(a, left, kept[0])
    theirs, their_layouts = numbering.of_trace(b, (), kept[1])
    if _RAISES in ours[-1] and _RAISES in theirs[-1]:
        return True
    return ours == theirs and their_layouts <= our_layouts


def example_sizes(trace: Trace) -> Mapping[Expr, Any]:
    """Return the sizes of the example that a trace was made from, as far as there are any."""
    hints = ((spec.symbol, trace.scope.hint_of(spec.symbol)) for spec in trace.ledger.symbols)
    return {symbol: hint for symbol, hint in hints if hint is not None}


def knowing(trace: Trace, facts: Iterable[Bool]) -> Scope:
    """Return a scope over the symbols of a trace's inputs that knows their ranges and these facts.

    Raises:
        Contradiction: the facts never hold together.
    """
    scope = fresh_scope(trace.ledger.symbols)
    declared = frozenset(scope.symbols)
    for fact in facts:
        if fact.symbols <= declared:
            scope.assume(fact)
    return scope


def _value_at(expr: Expr | Bool, sizes: Mapping[Expr, Any]) -> Any:
    """Return the value of an expression; None when it has none."""
    if not expr.symbols <= sizes.keys():
        return None
    try:
        return evaluate(expr, sizes)
    except (ArithmeticError, ValueError):
        return None


def _meaning(output: GraphOutput) -> tuple[Any, ...]:
    return output.role, output.target, output.constant, output.under_no_grad, output.rebound


class _Numbering:
    """One table of numbers for the values of several graphs."""

    def __init__(self, scope: Scope, sizes: Mapping[Expr, Any]) -> None:
        self.scope = scope
        self.at = sizes  # the facts hold of these
        self.declared = frozenset(scope.symbols)
        self.numbers: dict[Any, Number] = {}
        self.literals: list[GraphInput] = []
        self.raising: set[Any] = set()
        self.laid_out: set[Number] = set()
        self.left: dict[int, Number] = {}
        self.known: dict[Any, bool] = {}  # what was asked of two sizes
        self.sizes: dict[Expr, Expr] = {}
        self.distinct: dict[Any, list[Expr]] = {}  # by their values
        self.rearranged = Rearranged(
            self._is, lambda size: self._size(expression(size)) or size, self._number
        )

    def of_trace(
        self, trace: Trace, left: Iterable[tuple[torch.Tensor, fx.Node]], kept: Sequence[Any]
    ) -> tuple[tuple[Any, ...], set[Number]]:
        """Return the numbers of what a trace gives back, does and may raise; and of what it lays out anew."""
        inputs = {given.node: self._input(given) for given in trace.inputs}
        self.raising, self.laid_out = set(), set()
        number: dict[fx.Node, Number] = {}
        found = self._graph(trace.graph, inputs, trace.modules, number)
        self.left.update((id(tensor), number[node]) for tensor, node in left if node in number)
        return (*found, self._kept(kept, number), self.raising), self.laid_out

    def _kept(self, item: Any, number: dict[fx.Node, Number]) -> Any:
        if isinstance(item, (Expr, Bool)):
            return self._size(item) or object()
        if isinstance(item, (list, tuple)):
            return [self._kept(part, number) for part in item]
        return number[item] if isinstance(item, fx.Node) else (type(item), item)

    def _graph(
        self,
        graph: fx.Graph,
        inputs: dict[str, Any],
        modules: dict[str, torch.nn.Module],
        number: dict[fx.Node, Number],
    ) -> tuple[Any, ...]:
        effects: list[Number] = []
        for node in graph.nodes:
            if node.op == "output":
                copies = tuple(_copies_an_input(each) for each in node.all_input_nodes)
                return self._key(node.args, number), copies, tuple(effects)
            key = self._value(node, number, inputs, modules, len(effects))
            number[node] = self._number(key)
            self.rearranged.note(node, number[node], key, number)
            if _has_effect(node):
                effects.append(number[node])
        return (), (), tuple(effects)

    def _number(self, key: Any) -> Number:
        # What reduces to a single operand has that operand's number.
        return key[1] if key[0] == "same as" else self.numbers.setdefault(key, len(self.numbers))

    def _value(
        self,
        node: fx.Node,
        number: dict[fx.Node, Number],
        inputs: dict[str, Any],
        modules: dict[str, torch.nn.Module],
        effects: int,
    ) -> tuple[Any, ...]:
        size = self._size(node.meta.get("val"))
        if size is not None:
            return size
        if node.op == "placeholder":
            return inputs[node.name]
        if node.op == "get_attr":
            return self._subgraph(modules[str(node.target)])
        if _has_effect(node):
            return ("effect", effects, node.target, self._key(self._arguments(node), number))
        self._note_raising(node, number)
        empty = self._empty(node.meta.get("val")) if _takes_nothing(node) else None
        if empty is not None:
            return empty
        operand = self._operand_given_back(node)
        if operand is not None:
            if node.target is _aten.contiguous.default:
                self.laid_out.add(number[operand])
            return ("same as", number[operand])
        rearranged = self.rearranged.key(node, number)
        if rearranged is not None:
            return rearranged
        arguments = self._key(self._arguments(node), number)
        return ("call", node.target, node.meta.get("grad_enabled"), arguments)

    def _subgraph(self, module: torch.nn.Module) -> tuple[Any, ...]:
        assert isinstance(module, fx.GraphModule)
        names = [node.name for node in module.graph.nodes if node.op == "placeholder"]
        operands = {name: ("operand", index) for index, name in enumerate(names)}
        return ("graph", len(names), self._graph(module.graph, operands, dict(module.named_children()), {}))

    def _input(self, given: GraphInput) -> tuple[Any, ...]:
        if id(given.value) in self.left:
            return ("same as", self.left[id(given.value)])
        if given.role is not InputRole.CONSTANT or given.value is None:
            return ("input", given.role, given.target, given.leaf)
        for index, known in enumerate(self.literals):
            if known.value is given.value or (known.target == given.target and same_contents(known, given)):
                return ("literal", index)
        self.literals.append(given)
        return ("literal", len(self.literals) - 1)

    def _size(self, value: Any) -> tuple[Any, ...] | None:
        """Return what a number is that follows from the sizes of the inputs."""
        if isinstance(value, Bool) and value.symbols <= self.declared:
            known = self.scope.decide(value)
            return ("condition", value) if known is None else _plain(known)
        if isinstance(value, Expr) and value.symbols <= self.declared:
            simplest = self.scope.simplify(value)
            return _plain(simplest.value) if simplest.is_const else ("size", self._representative(simplest))
        return None

    def _representative(self, size: Expr) -> Expr:
        """Return the first expression met that has the value of this one."""
        found = self.sizes.get(size)
        if found is None:
            alike = self.distinct.setdefault(_value_at(size, self.at), [])
            equal = (known for known in alike if not size.is_float and self._is(eq, size, known))
            found = self.sizes[size] = next(equal, size)
            if found is size:
                alike.append(size)
        return found

    def _empty(self, value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, TensorSpec) or not any(self._is(eq, size, 0) for size in _sizes(value)):
            return None
        sizes = tuple(self._size(expression(size)) or size for size in _sizes(value))
        return ("empty", value.dtype, value.device, sizes)

    def _note_raising(self, node: fx.Node, number: dict[fx.Node, Number]) -> None:
        """Note a size to be inferred beside others that are 0 or may be, and operators that may take none."""
        if isinstance(node.target, OpOverload) and not _takes_nothing(node) and not _takes_empty(node):
            tensors = (each.meta.get("val") for each in node.all_input_nodes)
            if any(self._empty(value) is not None for value in tensors):
                self.raising.add((node.target, self._key(self._arguments(node), number)))
        for wanted in node.args[1:] if node.target in _INFER_A_SIZE else ():
            if isinstance(wanted, (list, tuple)) and -1 in wanted:
                sizes = [size.meta["val"] if isinstance(size, fx.Node) else size for size in wanted]
                if any(self._is(eq, size, 0) for size in sizes):
                    self.raising.add(_RAISES)
                elif not all(self._is(ne, size, 0) for size in sizes):
                    self.raising.add((node.target, self._key(self._arguments(node), number)))

    def _operand_given_back(self, node: fx.Node) -> fx.Node | None:
        """Return the operand whose elements are the result's, in their order, if there is one."""
        after = node.meta.get("val")
        if not isinstance(after, TensorSpec) or node.meta.get("grad_enabled") is False:
            return None
        if node.target in _KEEP_ORDER or node.target in _COPY or _resamples(node):
            operands: list[Any] = [node.args[0]]
        elif node.target is _aten.cat.default:
            parts: Any = node.args[0]
            operands = [part for part in parts if self._empty(part.meta["val"]) is None]
        else:
            return None
        if len(operands) != 1 or not isinstance(operands[0], fx.Node):
            return None
        before = operands[0].meta.get("val")
        if not isinstance(before, TensorSpec) or before.dtype != after.dtype:
            return None
        return operands[0] if self._same_sizes(_sizes(before), _sizes(after)) else None

    def _arguments(self, node: fx.Node) -> Any:
        """Return a call's arguments: all that its operator has, by name, said by the program or not."""
        if not isinstance(node.target, OpOverload):
            return node.args, node.kwargs
        given: dict[str, Any] = {
            argument.name: node.args[index] if index < len(node.args) else argument.default_value
            for index, argument in enumerate(node.target._schema.arguments)
        }
        given.update(node.kwargs)
        if node.target is _aten.scaled_dot_product_attention.default and given["is_causal"] is True:
            keys = given["key"].meta["val"]
            # Every query may look at the one key there is.
            given["is_causal"] = not self._is(le, _sizes(keys)[-2], 1)
        return given

    def _is(self, relation: Callable[[Any, Any], Bool], a: Any, b: Any) -> bool:
        known = self.known.get((relation, a, b))
        if known is None:
            question = relation(expression(a), expression(b))
            known = _value_at(question, self.at) is not False and self.scope.follows(question)
            self.known[relation, a, b] = known
        return known

    def _same_sizes(self, a: Sequence[Any], b: Sequence[Any]) -> bool:
        return len(a) == len(b) and all(self._is(eq, x, y) for x, y in zip(a, b))

    def _key(self, item: Any, number: dict[fx.Node, Number]) -> Any:
        """Return arguments with numbers for nodes, as something that can be looked up."""
        if isinstance(item, fx.Node):
            return ("value", number[item])
        if isinstance(item, (list, tuple)):
            return tuple(self._key(part, number) for part in item)
        if isinstance(item, dict):
            return ("dict", tuple((name, self._key(part, number)) for name, part in item.items()))
        if type(item) in (int, float, bool):
            return ("value", self._number(_plain(item)))
        return type(item), item


def _takes_nothing(node: fx.Node) -> bool:
    """Whether what makes a tensor makes one without elements as well, of operands that may have none."""
    target: Any = node.args[0] if node.target is operator.getitem else node
    target = target.target
    if not isinstance(target, OpOverload):
        return node.op == "placeholder"
    if torch.Tag.pointwise in target.tags:
        return True
    return target._schema.name in _TAKE_NOTHING and not (
        target._schema.name in _GUESSING and _guesses_a_size(node)
    )


def _takes_empty(node: fx.Node) -> bool:
    """Whether an operator gives something for operands without elements, if perhaps not such a tensor."""
    target: Any = node.target
    return target._schema.name.partition("::")[2].partition(".")[0].removesuffix("_") in _TAKE_EMPTY


def _guesses_a_size(node: fx.Node) -> bool:
    """`x.view(b, -1)` of nothing raises where b is 0."""
    sizes: Any = node.args[1]
    return any(isinstance(size, int) and size == -1 for size in sizes)


def _copies_an_input(node: Any) -> bool:
    """Whether a tensor is a copy of one that comes from outside, in other sizes or not, and not that one itself."""
    copied = False
    while isinstance(node, fx.Node) and isinstance(node.target, OpOverload):
        copied |= node.target in _COPY
        if node.target not in _COPY and operator_of(node.target).kind is Kind.PURE:
            return False
        node = node.args[0]
    return copied


def _sizes(value: TensorSpec) -> tuple[int | Expr, ...]:
    """Return the sizes of a recorded tensor, which are integers or expressions."""
    sizes: Any = value.shape
    return sizes


def _plain(value: complex) -> tuple[Any, ...]:
    # By its text: 0.0 is not -0.0, and nan is nan.
    return "plain", type(value), repr(value)


def _resamples(node: fx.Node) -> bool:
    """Whether an operator resamples an image to a given size, by no factors of its own."""
    if not isinstance(node.target, OpOverload) or "upsample_" not in node.target._schema.name:
        return False
    given = zip((argument.name for argument in node.target._schema.arguments), node.args)
    return all(value is None for name, value in [*given, *node.kwargs.items()] if "scale" in name)


def _has_effect(node: fx.Node) -> bool:
    if node.op != "call_function":
        return False
    if isinstance(node.target, OpOverload):
        return operator_of(node.target).random or node.is_impure()
    # Nobody looks for the effects of what a higher-order operator calls.
    return node.target is not operator.getitem and not isinstance(node.meta.get("val"), (Expr, Bool))
