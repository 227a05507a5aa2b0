import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), None),
    tags={"python.data-structure", "python.arguments"},
    dynamic_shapes={"x": "n", "mask": None},
    extra_args=[(torch.randn(0), None), (torch.randn(7), None)],
    rejected_args=[(torch.randn(3), torch.ones(3))],
)
def none_in_output(x, mask):
    """
    Outputs may be `None`, numbers and text beside tensors, in any nesting.

    An argument that is `None` in the example has to be `None` at each call: with a mask eager takes the other
    branch.
    """
    if mask is not None:
        x = x * mask
    return {"x": x, "mask": mask, "sizes": tuple(x.shape), "name": "plain"}
