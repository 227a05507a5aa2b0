import torch

import fullgraph
from fullgraph.exportdb import export_case


class MySubModule(torch.nn.Module):
    def foo(self, x):
        return x.cos()

    def forward(self, x):
        return self.foo(x)


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "torch.dynamic-shape", "python.object-model"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(2),), (torch.ones(1),), (torch.ones(7),)],
)
class CondBranchClassMethod(torch.nn.Module):
    """
    The branches of `cond` may be methods, of the module itself and of its submodules.

    The rules for branches:

    - both take the operands of `cond` as arguments;
    - both return the same structure of tensors, of the same dtypes and sizes;
    - they may be functions, nested functions, lambdas and methods;
    - they do not write to inputs or to tensors of the outside.

    The predicate is a question about a dynamic size: it is an input of the `cond` node, and is answered at each call.
    """

    def __init__(self):
        super().__init__()
        self.subm = MySubModule()

    def bar(self, x):
        return x.sin()

    def forward(self, x):
        return fullgraph.cond(x.shape[0] <= 2, self.subm.forward, self.bar, [x])
