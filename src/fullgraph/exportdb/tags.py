"""The subjects that a case can have. A tag is chosen from this table, so that two cases on one subject share its name.

The first part says who a reader blames: `torch` for what a user writes with PyTorch, `python` for the language itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tag:
    """A subject of cases.

    Args:
        name: as in `tags={"torch.cond"}`.
        description: one sentence: which programs it is about.
    """

    name: str
    description: str

    @property
    def family(self) -> str:
        """`torch` or `python`."""
        return self.name.partition(".")[0]


_DESCRIPTIONS: Final = {
    "torch.cond": "Branches on a tensor or a dynamic size, chosen at each call.",
    "torch.map": "A function applied to every slice of a tensor.",
    "torch.while-loop": "A loop whose number of turns is known only at the call.",
    "torch.scan": "A loop over the slices of a tensor that carries values from one turn to the next.",
    "torch.dynamic-shape": "Sizes that differ from call to call.",
    "torch.dynamic-value": "Python numbers taken from the values of tensors, and sizes that depend on them.",
    "torch.mutation": "Writes to inputs, buffers, views and attributes.",
    "torch.aliasing": "Tensors that share memory: views, one tensor passed twice, outputs that are inputs.",
    "torch.operator": "Operators: composite, in-place, random, custom.",
    "torch.indexing": "Reading and writing by slices, masks and tensors of positions.",
    "torch.dtype": "Element types, type promotion and casts.",
    "torch.device": "Where tensors live and are made.",
    "torch.factory": "Tensors made inside the program: constructors, constants, ranges.",
    "torch.random": "Random numbers.",
    "torch.autograd": "Gradients, gradient modes and functions with a backward of their own.",
    "torch.func": "Transformations of functions: vmap, grad, jvp.",
    "torch.module": "Parameters, buffers, submodules, hooks, modes of modules.",
    "torch.subclass": "Tensors of a class of their own, and modes that watch operators.",
    "torch.escape-hatch": "Ways to take a part of the program out of the capture on purpose.",
    "torch.contract": "What a program assumes of its inputs, and how a call outside of that is rejected.",
    "python.assert": "Assertions on sizes, values and Python objects.",
    "python.builtin": "Built-in functions: len, round, range, zip, isinstance and their like.",
    "python.closure": "Functions that use variables of the function or module around them.",
    "python.context-manager": "The with statement.",
    "python.control-flow": "if, for, while, break, continue, return, and conditional expressions.",
    "python.data-structure": "Lists, dicts, sets, named tuples, dataclasses, as inputs, outputs and in between.",
    "python.object-model": "Classes, methods, properties, descriptors, attributes, types.",
    "python.standard-library": "math, itertools, functools, random, time, logging and other modules of Python.",
    "python.exceptions": "raise, try, except, finally.",
    "python.generators": "Generators, iterators and comprehensions.",
    "python.strings": "Text made from sizes and tensors: f-strings, format, print.",
    "python.arguments": "Default values, keyword arguments, *args, **kwargs, optional inputs.",
    "python.numpy": "NumPy arrays and functions in between.",
    "python.state": "Python objects that the program changes and reads again at a later call.",
}

TAGS: Final[dict[str, Tag]] = {name: Tag(name, text) for name, text in sorted(_DESCRIPTIONS.items())}
"""Every tag by its name, in the order in which they are listed."""
