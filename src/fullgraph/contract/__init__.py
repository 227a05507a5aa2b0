"""What a program assumes of its inputs.

What may enter: what the user says of sizes (`Dim`, specs), what a trace relied on (`Ledger`), and the contract that the
two make, as text and as a compiled check. Nothing here knows how a program is traced or what its graph looks like.

Read in this order: `sizes`, `dim`, `entries`, `tensor_spec`, `inputs` (what is spoken of), `matching`, `relations`,
`gather`, `symbols`, `samples`, `specs` (what the user says), `facts`, `ledger` (what the trace relies on),
`readable`, `monotone`, `order`, `advice`, `refusal`, `reduction`, `minimal`, `simplify`, `contract`, `legal`, `text`
(what becomes of it), `values`, `sharing`, `check`, `violation` (at a call).
"""

from __future__ import annotations

from fullgraph.contract.check import check_source, compile_check
from fullgraph.contract.contract import Contract, InputContract, render_contract
from fullgraph.contract.dim import Dim, DimKind, Relation, UnnamedDim, dynamic_dim
from fullgraph.contract.facts import AMBIENT, PROPERTIES, Ambient, Disjoint, Fact, Property, SameObject
from fullgraph.contract.inputs import Input, Parameters
from fullgraph.contract.ledger import TEXT_OF_SIZE, Assumption, AssumptionKind, Constant, Ledger
from fullgraph.contract.legal import verify_contract
from fullgraph.contract.refusal import contradictory, stated_ranges, together
from fullgraph.contract.sharing import parts_in_memory, share_memory
from fullgraph.contract.simplify import simplify
from fullgraph.contract.sizes import Sizes
from fullgraph.contract.specs import Specs, read_specs
from fullgraph.contract.symbols import Binding, DimSpec, Source, determined, evaluated, fresh_scope
from fullgraph.contract.tensor_spec import TensorSpec
from fullgraph.contract.text import assumption_text, constant_text, fact_text
from fullgraph.contract.values import is_plain_tensor, same_value
from fullgraph.contract.violation import symbol_values

__all__ = [
    "AMBIENT",
    "PROPERTIES",
    "TEXT_OF_SIZE",
    "Ambient",
    "Assumption",
    "AssumptionKind",
    "Binding",
    "Constant",
    "Contract",
    "Dim",
    "DimKind",
    "DimSpec",
    "Disjoint",
    "Fact",
    "Input",
    "InputContract",
    "Ledger",
    "Parameters",
    "Property",
    "Relation",
    "SameObject",
    "Sizes",
    "Source",
    "Specs",
    "TensorSpec",
    "UnnamedDim",
    "assumption_text",
    "check_source",
    "compile_check",
    "contradictory",
    "determined",
    "constant_text",
    "dynamic_dim",
    "evaluated",
    "fact_text",
    "fresh_scope",
    "is_plain_tensor",
    "parts_in_memory",
    "read_specs",
    "render_contract",
    "same_value",
    "share_memory",
    "simplify",
    "stated_ranges",
    "symbol_values",
    "together",
    "verify_contract",
]
