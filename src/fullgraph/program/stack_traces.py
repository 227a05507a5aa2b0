"""The user's lines as `torch.fx` keeps them: text in `node.meta["stack_trace"]`.

A trace records an `Origin` for each node, whose text is worked out on demand. Whoever asks for the graph gets the text
filled in, for all nodes at once; whoever only calls the program never pays for it.
"""

from __future__ import annotations

from torch import fx


def with_stack_traces(module: fx.GraphModule) -> fx.GraphModule:
    """Fill in `stack_trace` for every node that has an origin, in subgraphs too, and return the module."""
    texts: dict[tuple[tuple[int, int], ...], str] = {}
    for part in module.modules():
        if not isinstance(part, fx.GraphModule):
            continue
        for node in part.graph.nodes:
            origin = node.meta.get("origin")
            if origin is None or "stack_trace" in node.meta:
                continue
            path = origin.identity
            if path not in texts:
                texts[path] = origin.stack_trace
            node.meta["stack_trace"] = texts[path]
    return module
