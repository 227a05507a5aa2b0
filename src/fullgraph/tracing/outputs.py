"""What a run returned, what it wrote, and what it did to its arguments: the outputs of the graph, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import fx

from fullgraph.contract import Ambient, AssumptionKind, Disjoint
from fullgraph.source import trace_boundary
from fullgraph.symbolic import Bool, Expr, expr_of
from fullgraph.tracing.functionalize import renew
from fullgraph.tracing.inputs import Inputs, Rebuilt
from fullgraph.tracing.own_leaves import require_other_leaves
from fullgraph.tracing.recorder import Recorder
from fullgraph.tracing.result import Branch, GraphInput, GraphOutput, InputRole, OutputLeaf, OutputRole, Trace
from fullgraph.tracing.state import PythonState
from fullgraph.tracing.subgraph import record_assertion
from fullgraph.tracing.traced import Value
from fullgraph.tracing.writes import rely_on_rebinding


class Outputs:
    """Turns what the program returned and wrote into the outputs of the graph."""

    def __init__(self, recorder: Recorder, inputs: Inputs, rebuilt: Rebuilt) -> None:
        self.recorder = recorder
        self.inputs = inputs
        self.rebuilt = rebuilt
        self.outputs: list[GraphOutput] = []
        self.nodes: list[Any] = []

    @trace_boundary  # what is added here has no line of the user's
    def collect(self, result: Any, state: PythonState) -> None:
        """Record the output node: write-backs first, then what is returned, then changed arguments."""
        self.flat = self.rebuilt.flatten_output(result)
        self.state = self.rebuilt.state() if self.rebuilt.changed() else None
        self.rebound = self._rebound_buffers(state)
        leaves = [self._take(leaf) for leaf in self.flat.leaves]
        state_leaves = [self._take(leaf) for leaf in self.state.leaves] if self.state else []
        self._write_backs(self.rebound)
        self.leaves = tuple(self._leaf(leaf, OutputRole.USER) for leaf in leaves)
        self.state_leaves = tuple(self._leaf(leaf, OutputRole.ARGUMENT_STATE) for leaf in state_leaves)
        returned = [leaf for leaf in leaves if isinstance(leaf, Value)]
        roots = {root.node: root.requires_grad for root in self.recorder.roots}
        require_other_leaves(self.recorder.graph, roots, returned)
        self._assert_deferred()
        self.recorder.graph.output(tuple(self.nodes))

    def finish(self, state: PythonState, branches: tuple[Branch, ...]) -> Trace:
        """Put the placeholders in order and hand over plain data."""
        recorder = self.recorder
        self._rely()
        placed = self._in_order()
        return Trace(
            graph=recorder.graph,
            inputs=placed,
            outputs=tuple(self.outputs),
            output_tree=self.flat.tree,
            output_leaves=self.leaves,
            argument_tree=self.inputs.tree,
            argument_state=None if self.state is None else (self.state.tree, self.state_leaves),
            ledger=recorder.ledger,
            scope=recorder.scope,
            modules=recorder.modules,
            written=state.written,
            branches=branches,
        )

    def _assert_deferred(self) -> None:
        """Facts on sizes that only tensor contents tell are asserted by the graph, since no call can check them."""
        recorder = self.recorder
        declared = {spec.symbol for spec in recorder.ledger.symbols}
        for assumption in recorder.ledger.assumptions:
            fact = assumption.fact
            if isinstance(fact, Bool) and not fact.symbols <= declared and fact not in recorder.asserted:
                record_assertion(recorder, assumption)

    def _rebound_buffers(self, state: PythonState) -> dict[str, Value]:
        """`self.buf = new`: a buffer whose attribute now holds another tensor is written back, read before or not."""
        rebound: dict[str, Value] = {}
        for old, new in state.rebound_buffers():
            buffer, value = self.recorder.take(old), self.recorder.take(new)
            if buffer.source is not None and value is not buffer:
                rely_on_rebinding(self.recorder, buffer, value)
                rebound[buffer.source.target] = value
        return rebound

    def _take(self, leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor):
            return self.recorder.take(leaf)
        if isinstance(leaf, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            found = expr_of(leaf)
            return self.recorder.scope.simplify(found) if isinstance(found, Expr) else found
        return leaf

    def _write_backs(self, rebound: Mapping[str, Value]) -> None:
        recorder = self.recorder
        for root in recorder.roots:
            source = root.source
            assert source is not None
            new = rebound.get(source.target) if source.role is InputRole.BUFFER else None
            if new is not None and new is not root:
                self._add(
                    recorder.as_arguments(new),
                    OutputRole.BUFFER,
                    source.target,
                    not torch.is_grad_enabled(),
                    True,
                )
            elif root.written_at:
                self._add(root.node, _WRITTEN[source.role], source.target, root.wrote_under_no_grad)

    def _add(
        self,
        node: Any,
        role: OutputRole,
        target: str | None = None,
        no_grad: bool = False,
        rebound: bool = False,
    ) -> int:
        constant = None if isinstance(node, fx.Node) else node
        name = node.name if isinstance(node, fx.Node) else None
        self.outputs.append(GraphOutput(name, role, target, constant, no_grad, rebound))
        self.nodes.append(node)
        return len(self.outputs) - 1

    def _leaf(self, leaf: Any, role: OutputRole) -> OutputLeaf:
        if isinstance(leaf, Value):
            renew(self.recorder, leaf)
            index = self._add(self.recorder.as_arguments(leaf), role)
            source = leaf.source
            if source is None or (source.role is InputRole.BUFFER and source.target in self.rebound):
                return OutputLeaf(index=index)
            if source.role is InputRole.USER:
                return OutputLeaf(index=index, input_leaf=source.leaf)
            return OutputLeaf(index=index, lifted=source.target)
        if isinstance(leaf, (Expr, Bool)) and not leaf.is_const:
            return OutputLeaf(index=self._add(self.recorder.sizes.node(leaf), role))
        constant = leaf.value if isinstance(leaf, (Expr, Bool)) else leaf
        if role is OutputRole.USER:
            return OutputLeaf(index=self._add(constant, role), constant=constant)
        return OutputLeaf(constant=constant)

    def _rely(self) -> None:
        """Write down what holds of the whole run: autocast as it was, and no overlap of what is written."""
        recorder = self.recorder
        recorder.ledger.assume(Ambient.now("autocast"), None, AssumptionKind.PROGRAM)
        for root in recorder.roots:
            for other in recorder.roots if root.written_at else ():
                a, b = root.source, other.source
                if other is root or a is None or b is None or InputRole.USER not in (a.role, b.role):
                    continue
                recorder.ledger.assume(Disjoint(a.known_as, b.known_as), None, AssumptionKind.OPERATOR)

    def _in_order(self) -> tuple[GraphInput, ...]:
        """Parameters, buffers, constants, then the arguments, each in the order of their owner."""
        recorder = self.recorder
        index_of = {leaf.path: index for index, leaf in enumerate(self.inputs.leaves)}
        entries: list[tuple[tuple[int, int], fx.Node, GraphInput]] = []
        for node, placed in recorder.placed:
            if isinstance(placed, Value):
                source = placed.source
                assert source is not None
                at = source.leaf if source.leaf is not None else recorder.lifting.position(source)
                held = None if source.role is InputRole.USER else source.real
                entry = GraphInput(
                    node.name, source.role, source.target, held, source.persistent, source.leaf
                )
                entries.append(((_RANK[source.role], at), node, entry))
            else:
                at = index_of[placed]
                entries.append(
                    (
                        (_RANK[InputRole.USER], at),
                        node,
                        GraphInput(node.name, InputRole.USER, placed, leaf=at),
                    )
                )
        entries.sort(key=lambda entry: entry[0])
        recorder.arrange([node for _, node, _ in entries])
        return tuple(entry for _, _, entry in entries)


_RANK = {role: index for index, role in enumerate(InputRole)}

_WRITTEN = {
    InputRole.PARAMETER: OutputRole.PARAMETER,
    InputRole.BUFFER: OutputRole.BUFFER,
    InputRole.CONSTANT: OutputRole.CONSTANT,
    InputRole.USER: OutputRole.INPUT,
}
