from collections import defaultdict, deque

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.data-structure", "python.standard-library"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(7),)],
)
def default_dict_and_deque(x):
    """
    `defaultdict`, `deque` and other containers are used as in Python, and hold traced tensors on the way.

    They are not in the graph. What is returned of them is.
    """
    recent = deque(maxlen=2)
    groups = defaultdict(list)
    for step in range(4):
        x = x + 1
        recent.append(x)
        groups["even" if step % 2 == 0 else "odd"].append(x)
    return sum(recent), torch.stack(groups["odd"])
