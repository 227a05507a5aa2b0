"""Case files in a folder of the test's own."""

import textwrap
from pathlib import Path

HEADER = """
import torch
import fullgraph
from fullgraph.exportdb import Call, SupportLevel, export_case
"""

DOUBLED = """
@export_case(example_args=(torch.ones(3),), tags={"torch.operator"}, dynamic_shapes={"x": "n"},
             extra_args=[(torch.ones(5),)])
def doubled(x):
    '''Arithmetic is captured. A sum of a tensor with itself.'''
    return x + x
"""

STAMPED = """
import time
@export_case(example_args=(torch.ones(3),), tags={"python.standard-library"},
             support_level=SupportLevel.NOT_SUPPORTED, raises=fullgraph.Unsupported)
def stamped(x):
    '''The clock is not captured.'''
    return x + time.time()
"""

STAMPED_REWRITE = """
@export_case(example_args=(torch.ones(3), torch.tensor(1.0)), tags={"python.standard-library"},
             rewrite_of="stamped")
def stamped_rewrite(x, now):
    '''The time is an input.'''
    return x + now
"""


def write_case(folder: Path, name: str, text: str) -> Path:
    """Write a case file below the usual imports."""
    file = folder / f"{name}.py"
    file.write_text(HEADER + textwrap.dedent(text))
    return file
