import logging

import torch

from fullgraph.exportdb import export_case

LOGGER = logging.getLogger(__name__)


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library", "python.strings", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
    rewrite_of="f_string_of_size",
)
def log_with_arguments(x):
    """
    A logger that is given the size as an argument makes no text unless the message is wanted.

    With logging at that level turned off, nothing is asked of the size, and the program is captured.
    """
    LOGGER.debug("input of %d elements", x.shape[0])
    return x.sum()
