"""Traces drawn by hand: a graph node by node, and what its inputs and outputs mean, without tracing anything."""

import torch
from torch import fx

from fullgraph.contract import Binding, Contract, DimKind, DimSpec, InputContract, Sizes, Source, TensorSpec
from fullgraph.program import assemble
from fullgraph.program.forward import forward_of
from fullgraph.program.run import Steps, compile_run, needs_containers
from fullgraph.symbolic import Range, integer
from fullgraph.tracing import (
    GraphInput,
    GraphOutput,
    InputRole,
    OutputLeaf,
    OutputRole,
    Trace,
    bind,
    compile_bind,
    compile_output,
    compile_state,
)
from fullgraph.tracing.tree import flatten

aten = torch.ops.aten


class Sketch:
    """A trace in the making.

    Args:
        fn: gives the program its signature; it is never run.
        args: the example arguments.
        kwargs: the example's keyword arguments.
    """

    def __init__(self, fn, args, kwargs=None):
        self.arguments = bind(fn, args, kwargs or {})
        self.graph = fx.Graph()
        self.inputs = []
        self.outputs = []
        self.modules = {}
        self.argument_state = None
        self.dims = {}

    def lifted(self, role, name, tensor, persistent=True):
        node = self._placeholder(name.replace(".", "_"), TensorSpec(tuple(tensor.shape), tensor.dtype))
        self.inputs.append(GraphInput(node.name, role, name, tensor, persistent))
        return node

    def parameter(self, name, tensor):
        return self.lifted(InputRole.PARAMETER, name, tensor)

    def buffer(self, name, tensor, persistent=True):
        return self.lifted(InputRole.BUFFER, name, tensor, persistent)

    def constant(self, name, tensor):
        return self.lifted(InputRole.CONSTANT, name, tensor)

    def user(self, index, dims=None):
        """Add the placeholder of the argument leaf at `index`; `dims` where they are not the example's."""
        leaf = self.arguments.leaves[index]
        dims = tuple(leaf.value.shape) if dims is None else dims
        self.dims[index] = dims
        node = self._placeholder(leaf.path.replace(".", "_"), TensorSpec(dims, leaf.value.dtype))
        self.inputs.append(GraphInput(node.name, InputRole.USER, leaf.path, leaf=index))
        return node

    def _placeholder(self, name, value):
        node = self.graph.placeholder(name)
        node.meta["val"] = value
        return node

    def call(self, target, *args, dims=(), dtype=torch.float32, value=None, grad=None, **kwargs):
        """Add an operator; `grad` marks it as recorded under that grad mode."""
        node = self.graph.call_function(target, args, kwargs)
        node.meta["val"] = TensorSpec(dims, dtype) if value is None else value
        if grad is not None:
            node.meta["grad_enabled"] = grad
        return node

    def write(self, role, target, node, under_no_grad=False):
        self.outputs.append(GraphOutput(node.name, role, target, under_no_grad=under_no_grad))

    def returns(self, node):
        """Add a user output; return its leaf."""
        self.outputs.append(GraphOutput(node.name, OutputRole.USER))
        return OutputLeaf(index=len(self.outputs) - 1)

    def leaves_state(self, tree, *nodes):
        """Say what the program left in the changed containers."""
        leaves = []
        for node in nodes:
            self.outputs.append(GraphOutput(node.name, OutputRole.ARGUMENT_STATE))
            leaves.append(OutputLeaf(index=len(self.outputs) - 1))
        self.argument_state = (tree, tuple(leaves))

    def trace(self, *leaves, result=None):
        """Finish: `leaves` in the structure of `result`, a tuple of them by default."""
        structure = flatten(tuple(range(len(leaves))) if result is None else result)
        return Trace(
            graph=self.graph,
            inputs=tuple(self.inputs),
            outputs=tuple(self.outputs),
            output_tree=structure.tree,
            output_leaves=tuple(leaves),
            argument_tree=self.arguments.tree,
            argument_state=self.argument_state,
            ledger=None,
            scope=None,
            modules=self.modules,
        )

    def contract(self, ranges=None, assumptions=()):
        """Return the contract of these arguments; each symbol of `ranges` is read where a dim is that symbol."""
        inputs = tuple(self._input(index, leaf) for index, leaf in enumerate(self.arguments.leaves))
        found = {symbol: Range(lo, hi) for symbol, (lo, hi) in (ranges or {}).items()}
        symbols = {symbol: self._symbol(symbol, each) for symbol, each in found.items()}
        return Contract(inputs, symbols, tuple(assumptions), solutions={}, ranges=found)

    def _input(self, index, leaf):
        dims = self.dims.get(index)
        if dims is None:
            return InputContract(leaf.path, leaf.value)
        tensor = leaf.value
        return InputContract(leaf.path, None, dims, dims, tensor.dtype, tensor.device, tensor.layout)

    def _symbol(self, symbol, found):
        leaf, dims = next((leaf, dims) for leaf, dims in self.dims.items() if symbol in dims)
        source = Source(leaf, dims.index(symbol), self.arguments.leaves[leaf].path)
        binding = Binding(source, 1, integer(0))
        return DimSpec(symbol, symbol.name, DimKind.NAMED, Sizes(), found, binding)

    def parts(self, *leaves, result=None, contract=None, **options):
        return assemble(
            self.trace(*leaves, result=result), contract or self.contract(), self.arguments, **options
        )


def run_of(parts):
    """Return the function that does one call, without a check."""
    containers = needs_containers(parts)
    state = parts.argument_state
    return compile_run(
        parts,
        Steps(
            bind=compile_bind(parts.arguments, containers=containers),
            check=lambda leaves: None,
            forward=forward_of(parts.graph_module),
            output=compile_output(parts.output_tree),
            write_state=None if state is None else compile_state(state.tree),
        ),
    )


def call(parts, *args, **kwargs):
    """Run the program once on its own tensors."""
    return run_of(parts)(parts.lifted, args, kwargs)
