"""A contract reads well."""

import torch

from fullgraph.contract import Dim, render_contract
from fullgraph.source import origin_here
from tests.contract.support import CHECK, specs_of, traced, zeros


def test_a_contract():
    """One line per input, range and assumption, each assumption with its source line."""
    shapes = {
        "input_ids": ("batch", Dim("seq", min=1, max=512)),
        "mask": "batch ?",
        "image": {2: Dim("w", values=[8, 16])},
    }
    made = traced(
        specs_of(
            shapes,
            input_ids=zeros(2, 7, dtype=torch.int64),
            mask=zeros(2, 7),
            image=zeros(1, 3, 8),
            flag=True,
            n=4,
            name="x" * 99,
        )
    )
    origin = origin_here()  # the user's line
    made.assume("s0 == seq", origin=origin, note="aten.add").assume("batch % 2 == 0", CHECK, note="even")
    made.ledger.constant("model.scale", 2.0)
    contract = made.contract()
    line = f"test_text.py:{origin.line}"

    assert contract.lines() == (
        "input_ids: int64[batch, seq] on cpu",
        "mask: float32[batch, seq] on cpu",
        "image: float32[1, 3, w] on cpu",
        "flag is True",
        "n is 4",
        f"name is '{'x' * 56}...",
        "1 <= seq <= 512",
        "w in {8, 16}",
        "batch % 2 == 0  (even)",
        f"mask.shape[1] == seq  ({line}: {origin.segment})",
        "model.scale is 2.0",
    )
    assert str(contract) == render_contract(contract) == "\n".join(contract.lines())
    assert len(contract) == 11
