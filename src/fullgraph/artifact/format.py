"""The layout of a `.fgx` file, and the promise about its versions.

A `.fgx` file *is* a safetensors file. Its tensors are the storages of the program's tensors, so weights are mapped
into memory and not read, and any tool that knows safetensors can list them. Its metadata has one entry, `fullgraph`:
a JSON document with everything else.

    format_version   what this file describes
    written_by       versions of fullgraph and torch, for people
    operators        each operator of the graph with its schema, so that a torch that lacks one is told at load
    storages         the pieces of memory, each with the safetensors entry that has its bytes
    tensors          each tensor as a window onto a storage: tied weights and views are tied and views again
    places, origins  the user's lines as text
    stacks           the modules that were being called, for `nn_module_stack`
    program          a `ProgramParts`

Values are JSON where JSON has them (an array is a tuple); everything else is an object with a single key, its tag:
`{"dtype": "float32"}`, `{"expr": "2*batch"}`, `{"Assumption": {"fact": ..., "origin": ...}}`. The records are our
frozen dataclasses: their fields are the schema, and what is read is checked against their annotations.

Versions. A reader takes every format version from 1 to its own, bringing older documents up to date step by step
(`UPGRADES`), and refuses newer ones by name. A field that is new and has a default needs no new version. One file per
released version is kept in the tests for ever. The version of torch does not matter by itself: what counts is that
each operator is there and takes the arguments that it took.

Invariant: reading runs no code that the file brings or names. There is no pickle; a class is only looked up, in
modules that are imported already, and objects are made without calling their classes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from fullgraph.contract import (
    Ambient,
    Assumption,
    AssumptionKind,
    Binding,
    Constant,
    Contract,
    DimKind,
    DimSpec,
    Disjoint,
    Input,
    InputContract,
    Property,
    SameObject,
    Sizes,
    Source,
    TensorSpec,
    UnnamedDim,
)
from fullgraph.program import ArgumentState, ProgramParts
from fullgraph.tracing import (
    Container,
    ContainerKind,
    Given,
    GraphInput,
    GraphOutput,
    InputRole,
    Inputs,
    Leaf,
    OutputLeaf,
    OutputRole,
    Seen,
    WrittenState,
)

FORMAT_VERSION: Final = 1
METADATA_KEY: Final = "fullgraph"

# From a document of version n to one of version n + 1.
UPGRADES: Final[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

RECORDS: Final[Mapping[str, type]] = {
    record.__name__: record
    for record in (
        *(
            Ambient,
            Assumption,
            Binding,
            Constant,
            Contract,
            DimSpec,
            Disjoint,
            Input,
            InputContract,
            Property,
        ),
        *(SameObject, Sizes, Source, TensorSpec, UnnamedDim),
        *(Container, Given, GraphInput, GraphOutput, Inputs, Leaf, OutputLeaf, Seen, WrittenState),
        *(ArgumentState, ProgramParts),
    )
}
ENUMS: Final[Mapping[str, type[Enum]]] = {
    "AssumptionKind": AssumptionKind,
    "ContainerKind": ContainerKind,
    "DimKind": DimKind,
    "InputRole": InputRole,
    "OutputRole": OutputRole,
    # Of a parameter: positional only, keyword only, ...
    "ParameterKind": type(inspect.Parameter.KEYWORD_ONLY),
}
# Fields that are worked out again from the others.
DERIVED: Final[Mapping[type, frozenset[str]]] = {ProgramParts: frozenset({"signature"})}


class Shown:
    """Stands for a value of which only the text was kept: a constant that the contract lists and nothing reads."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text
