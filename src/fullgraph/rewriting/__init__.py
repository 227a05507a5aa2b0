"""Functions of the user's that ask traced values for what only concrete ones have, rewritten while they are exported.

What may enter: one construct of Python a file (so far `calls` and `conditions`), and what rewritten code calls
(`runtime`, `joining`). What is true of any Python program is in `ast_tools`, which knows nothing of tensors.

Read in this order: `rewrites` (who asks, and what follows), `swap` (code in place, and back), `pipeline`, `calls`,
`runtime`, `conditions`, `joining`.
"""

from __future__ import annotations

from fullgraph.rewriting.rewrites import Asked, Rewrites, rewrites

__all__ = ["Asked", "Rewrites", "rewrites"]
