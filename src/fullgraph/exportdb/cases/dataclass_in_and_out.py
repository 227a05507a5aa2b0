from dataclasses import dataclass

import torch
from torch.export import register_dataclass

from fullgraph.exportdb import export_case


@dataclass
class Batch:
    tokens: torch.Tensor
    weights: torch.Tensor | None = None


register_dataclass(Batch, serialized_type_name="fullgraph.cases.Batch")


@export_case(
    example_args=(Batch(torch.randn(3, 4), torch.randn(3)),),
    tags={"python.data-structure"},
    dynamic_shapes={"batch": {"tokens": "n _", "weights": "n"}},
    extra_args=[(Batch(torch.randn(0, 4), torch.randn(0)),), (Batch(torch.randn(9, 4), torch.randn(9)),)],
    rejected_args=[(Batch(torch.randn(3, 4)),)],
)
def dataclass_in_and_out(batch):
    """
    A dataclass is an input once it is registered with `torch.export.register_dataclass`.

    Its fields are the inputs of the graph, and `dynamic_shapes` names them. A field that is `None` in the example stays
    `None`.
    """
    if batch.weights is None:
        return Batch(batch.tokens)
    return Batch(batch.tokens * batch.weights[:, None], batch.weights / batch.weights.sum())
