import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3, 7), torch.zeros(2, 3, 4, dtype=torch.int64)),
    tags={"torch.indexing", "torch.dynamic-shape"},
    dynamic_shapes={"scores": "b _ _", "beams": "b _ s"},
    extra_args=[
        (torch.randn(1, 3, 7), torch.ones(1, 3, 1, dtype=torch.int64)),
        (torch.randn(5, 3, 7), torch.ones(5, 3, 9, dtype=torch.int64)),
    ],
)
def beam_search_step(scores, beams):
    """The best continuations of all beams are found together, and the beams they came from are gathered."""
    batch, width, words = scores.shape
    best, index = scores.flatten(1).topk(width, dim=1)
    parents = (index // words)[..., None].expand(-1, -1, beams.shape[-1])
    return best, torch.cat([beams.gather(1, parents), (index % words)[..., None]], dim=-1)
