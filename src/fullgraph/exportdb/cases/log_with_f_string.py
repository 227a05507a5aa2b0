import logging

import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case

LOGGER = logging.getLogger(__name__)


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library", "python.strings", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def log_with_f_string(x):
    """
    An f-string of a dynamic size asks for its digits, whether or not the text is ever shown.

    Python makes the text before `debug` is called, and nobody can see that it is thrown away.
    """
    LOGGER.debug(f"input of {x.shape[0]} elements")
    return x.sum()
