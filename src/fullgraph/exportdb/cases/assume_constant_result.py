import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), torch.tensor(2)),
    tags={"torch.escape-hatch", "torch.dynamic-value"},
    dynamic_shapes={"x": "n _", "y": None},
    extra_args=[(torch.randn(9, 2), torch.tensor(7)), (torch.randn(0, 2), torch.tensor(4))],
)
class AssumeConstantResult(torch.nn.Module):
    """
    A method marked by `assume_constant_result` is captured like any other; nothing is assumed.

    The mark asks TorchDynamo to keep the example's result, here 2, for every call. Eager PyTorch ignores it, so a
    program that is right for every `y` ignores it too. To fix a result on purpose, use `fullgraph.constant`.
    """

    @torch.compiler.assume_constant_result
    def get_item(self, y):
        return y.int().item()

    def forward(self, x, y):
        return x[: self.get_item(y)]
