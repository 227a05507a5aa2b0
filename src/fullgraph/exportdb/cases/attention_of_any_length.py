import torch
import torch.nn.functional as F

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(1, 2, 6, 4),),
    tags={"torch.dynamic-shape", "torch.operator"},
    dynamic_shapes={"x": "batch _ length _"},
    extra_args=[(torch.randn(3, 2, 1, 4),), (torch.randn(2, 2, 9, 4),)],
)
def attention_of_any_length(x):
    """
    Scaled dot product attention stays one operator, and is causal at every length.

    Composite operators are recorded as they were called, so a runtime can use its own kernel for them.
    """
    return F.scaled_dot_product_attention(x, x, x, is_causal=True)
