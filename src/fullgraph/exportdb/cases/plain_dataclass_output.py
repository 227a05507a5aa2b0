from dataclasses import dataclass

import torch

from fullgraph.exportdb import export_case


@dataclass
class Output:
    logits: torch.Tensor
    count: int


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.data-structure"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(9, 4),)],
)
def plain_dataclass_output(x):
    """
    A dataclass that nobody registered can be returned; the program makes a new one at each call.

    Its fields may be tensors, and numbers that depend on sizes. As an input it would have to be registered,
    because only then PyTorch knows its parts.
    """
    return Output(x.softmax(-1), x.shape[0])
