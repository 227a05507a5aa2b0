import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.exceptions", "python.standard-library"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
)
def import_in_forward(x):
    """
    An import inside a function happens at export, with the fallback that is taken when it fails.

    The program has the operators of what was imported.
    """
    try:
        from package_that_is_not_there import fast_gelu as gelu
    except ImportError:
        from torch.nn.functional import gelu
    return gelu(x)
