"""What the trace says of strides, contiguity and shared memory is what eager does, in every layout of the inputs."""

from __future__ import annotations

import pytest
import torch

import fullgraph
from benchmarks.sweeps import LAYOUTS, OPERATORS, laid_out, samples_of
from tests.tracing.rules.claims import claims_of, mistakes

# Ways of taking views, of copying, and of computing, each of which treats layouts in its own way.
NAMES = """
    add mul where clone contiguous to float transpose t permute movedim mT unsqueeze squeeze view reshape flatten ravel
    expand expand_as broadcast_to broadcast_tensors split chunk tensor_split hsplit dsplit unbind narrow select unfold
    diagonal diag slice_scatter select_scatter diagonal_scatter index_select index_put index_add gather scatter take
    masked_fill masked_scatter cat stack flip roll rot90 repeat tile sum mean amax cumsum sort topk softmax var std_mean
    matmul mm bmm addmm addmv einsum tensordot kron nn.functional.linear nn.functional.conv2d nn.functional.embedding
    nn.functional.conv_transpose2d nn.functional.max_pool2d nn.functional.avg_pool2d nn.functional.batch_norm
    nn.functional.layer_norm nn.functional.group_norm nn.functional.interpolate nn.functional.pad
    nn.functional.pixel_shuffle nn.functional.scaled_dot_product_attention zeros_like empty_like new_zeros
    native_batch_norm linalg.inv linalg.qr linalg.svd cholesky fft.fft fft.rfft2 tril triu atleast_2d resolve_conj
    as_strided diff trapezoid cdist
""".split()
_DTYPES = (torch.float32, torch.complex64)


@pytest.mark.parametrize("name", [name for name in NAMES if name in OPERATORS])
def test_every_claim_is_true(name: str) -> None:
    """At the example's sizes and at others, 0 and 1 among them."""
    found: list[str] = []
    for dtype in _DTYPES:
        for subject in samples_of(name, dtype, 1):
            for variant in (subject, *(laid_out(subject, layout) for layout in LAYOUTS)):
                claims = None if variant is None else claims_of(variant, fullgraph.Dim.AUTO)
                if variant is not None and claims is not None:
                    found += mistakes(claims, variant)
    assert not found, "\n".join(found)
