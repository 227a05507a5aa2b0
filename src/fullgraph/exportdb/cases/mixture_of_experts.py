import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 4),),
    tags={"torch.module", "torch.indexing", "torch.dynamic-shape"},
    dynamic_shapes={"tokens": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(0, 4),), (torch.randn(9, 4),)],
)
class MixtureOfExperts(torch.nn.Module):
    """Each token is sent to its two best experts; all experts compute, weighted by a mask without loops over data."""

    def __init__(self):
        super().__init__()
        self.gate = torch.nn.Linear(4, 3)
        self.experts = torch.nn.ModuleList(torch.nn.Linear(4, 4) for _ in range(3))

    def forward(self, tokens):
        scores, chosen = self.gate(tokens).softmax(-1).topk(2, dim=-1)
        weights = torch.zeros(tokens.shape[0], 3).scatter(1, chosen, scores)
        outputs = torch.stack([expert(tokens) for expert in self.experts], dim=1)
        return (weights[..., None] * outputs).sum(1)
