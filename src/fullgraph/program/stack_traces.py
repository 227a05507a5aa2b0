"""The user's lines as `torch.fx` keeps them: text in `node.meta["stack_trace"]`.

A trace records an `Origin` for each node, whose text is worked out on demand. Whoever asks for the graph gets the text
filled in, for all nodes at once; whoever only calls the program never pays for it.
"""

from __future__ import annotations

from torch import fx


def with_stack_traces(module: fx.GraphModule) -> fx.GraphModule:
    """Fill in `stack_trace` for every node that has an origin, in subgraphs too, and return the module."""
    texts: dict[object, str] = {}
    for part in module.modules():
        if not isinstance(part, fx.GraphModule):
            continue
        for node in part.graph.nodes:
            origin = node.meta.get("origin")
            if origin is not None and "stack_trace" not in node.meta:
                if origin not in texts:
                    texts[origin] = origin.stack_trace
                node.meta["stack_trace"] = texts[origin]
    return module
