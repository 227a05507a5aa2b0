import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.control-flow"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(5, 2),)],
)
def while_with_python_counter(x):
    """
    A `while` over a Python number is unrolled, with its `break` and `continue`.

    Only a loop whose end depends on a tensor or a dynamic size needs a node of its own, see
    `while_on_tensor_value_as_while_loop`.
    """
    step = 0
    while True:
        step += 1
        if step == 2:
            continue
        if step > 4:
            break
        x = x + step
    return x
