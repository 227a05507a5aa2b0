import torch

from fullgraph.exportdb import Call, export_case


@export_case(
    example_args=(torch.randn(4), (torch.randn(4), torch.randn(4)), torch.randn(4), torch.randn(4)),
    example_kwargs={"mykw0": torch.randn(4), "input0": torch.randn(4), "input1": torch.randn(4)},
    tags={"python.arguments", "python.data-structure"},
    dynamic_shapes={
        "pos0": "n",
        "tuple0": ("n", "n"),
        "myargs": ("n", "n"),
        "mykw0": "n",
        "input0": "n",
        "input1": "n",
    },
    extra_args=[
        Call(
            (torch.randn(1), (torch.randn(1), torch.randn(1)), torch.randn(1), torch.randn(1)),
            {"mykw0": torch.randn(1), "input0": torch.randn(1), "input1": torch.randn(1)},
        ),
        Call(
            (torch.randn(6), (torch.randn(6), torch.randn(6)), torch.randn(6), torch.randn(6)),
            {"input0": torch.randn(6), "mykw0": torch.randn(6), "input1": torch.randn(6)},
        ),
    ],
)
def fn_with_kwargs(pos0, tuple0, *myargs, mykw0, **mykwargs):
    """
    All kinds of arguments can be mixed: positional, nested, `*args`, keyword-only and `**kwargs`.

    The program takes them as the function does. How many `*args` there are, and the names in `**kwargs` and their
    order, are those of the example.
    """
    out = pos0
    for each in (*tuple0, *myargs):
        out = out * each
    return out * mykw0 * mykwargs["input0"] * mykwargs["input1"]
