import torch

from fullgraph.exportdb import export_case

SHARED = torch.randn(3)


@export_case(
    example_args=(torch.randn(3), torch.randn(3)),
    tags={"torch.aliasing", "python.object-model", "torch.contract"},
    dynamic_shapes={"query": "n", "key": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(7), torch.randn(7))],
    rejected_args=[(SHARED, SHARED)],
    rewrite_of="address_of_tensor",
)
def same_tensor_as_two_arguments(query, key):
    """
    `query is key` is answered by the example, and the answer is a line of the contract.

    A call that passes one tensor as both is rejected, because eager takes the other branch. Other exporters keep the
    example's branch for every call.
    """
    if query is key:
        return query * 2
    return query + key
