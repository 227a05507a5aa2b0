import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor([[0, 2], [1, 1]]),),
    tags={"torch.module", "torch.aliasing"},
    dynamic_shapes={"tokens": "batch length"},
    extra_args=[(torch.zeros(1, 1, dtype=torch.int64),), (torch.ones(3, 7, dtype=torch.int64),)],
)
class WeightTying(torch.nn.Module):
    """
    A parameter that two layers share is one input of the graph.

    It is lifted once, by identity, under the first of its names. Replacing it in the program changes both
    layers.
    """

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(5, 4)
        self.head = torch.nn.Linear(4, 5, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        return self.head(self.embedding(tokens))
