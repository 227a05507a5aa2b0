"""Source code as trees and back to code objects.

What may enter: what is true of any Python program. Nothing here knows of tensors, sizes or traces, and nothing here
runs a user's code.
"""

from __future__ import annotations

from fullgraph.rewriting.ast_tools.code import contains, find, follow, twins, with_constant
from fullgraph.rewriting.ast_tools.module import Module, compiled, module_of

__all__ = ["Module", "compiled", "contains", "find", "follow", "module_of", "twins", "with_constant"]
