"""What fullgraph relies on in torch's private dispatch; each test fails loudly when torch changes it."""

import inspect

import pytest
import torch
import torch._C as _C

from fullgraph.tracing import dispatch
from fullgraph.tracing.dispatch import Interceptor, intercepting, plain_torch


def seen_in(run):
    """Return the names of the operators that `run` performs at our level; each is then computed for real."""
    seen = []

    def on_operator(op, args, kwargs):
        seen.append(str(op))
        with plain_torch():
            return op(*args, **kwargs)

    with intercepting(Interceptor(on_operator)):
        run()
    return seen


def test_composite_operators_are_seen_whole():
    """`linear`, `layer_norm` and attention arrive as one call each, before autograd and decomposition."""
    x, w = torch.ones(2, 4), torch.ones(4, 4, requires_grad=True)

    assert seen_in(lambda: torch.nn.functional.linear(x, w)) == ["aten.linear.default"]
    assert seen_in(lambda: torch.nn.functional.layer_norm(x, (4,))) == ["aten.layer_norm.default"]
    q = torch.ones(1, 1, 2, 4)
    assert seen_in(lambda: torch.nn.functional.scaled_dot_product_attention(q, q, q)) == [
        "aten.scaled_dot_product_attention.default"
    ]


def test_views_in_place_and_factories_are_seen():
    """Nothing passes by: what makes, views or writes a tensor arrives too."""
    x = torch.zeros(2, 4)

    assert seen_in(lambda: torch.ones(3)) == ["aten.ones.default"]
    assert seen_in(lambda: x[0].add_(1)) == ["aten.select.int", "aten.add_.Tensor"]


def test_autocast_arrives_as_casts():
    """Autocast's kernels run below us, and call us again with the cast arguments."""
    x, w = torch.ones(2, 4), torch.ones(4, 4)

    def run():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            torch.nn.functional.linear(x, w)

    assert seen_in(run) == ["aten.to.dtype", "aten.to.dtype", "aten.linear.default"]


def test_functorch_arrives_unwrapped():
    """Under `vmap` the operator arrives as its batched form on plain tensors."""
    kinds = []

    def on_operator(op, args, kwargs):
        kinds.extend(dispatch.is_functorch_tensor(a) for a in args if isinstance(a, torch.Tensor))
        with plain_torch():
            return op(*args, **kwargs)

    with intercepting(Interceptor(on_operator)):
        result = torch.func.vmap(lambda row: (row * 2).sum())(torch.ones(3, 4))

    assert torch.equal(result, torch.full((3,), 8.0))
    assert kinds
    assert not any(kinds)


def test_a_gradient_inside_is_operators_on_plain_tensors():
    """Under `grad` the backward pass arrives too."""
    result = []
    names = seen_in(lambda: result.append(torch.func.grad(lambda x: x.sin().sum())(torch.zeros(3))))

    assert torch.equal(result[0], torch.ones(3))
    assert "aten.cos.default" in names


def test_nothing_is_left_switched_on():
    """After an interception, and after an error in one, torch's dispatcher is as it was."""
    before = _C._dispatch_tls_local_include_set(), _C._dispatch_tls_local_exclude_set()

    seen_in(lambda: torch.ones(3) + 1)
    with pytest.raises(ZeroDivisionError):
        seen_in(lambda: 1 / 0)

    after = _C._dispatch_tls_local_include_set(), _C._dispatch_tls_local_exclude_set()
    assert [each.raw_repr() for each in before] == [each.raw_repr() for each in after]
    assert torch._ops._len_torch_dispatch_stack_pre_dispatch() == 0


def test_sizes_are_asked_of_the_class():
    """A tensor made with the policy "sizes" answers torch's C++ side through `__torch_dispatch__`."""
    asked = []

    class Sized(torch.Tensor):
        __torch_function__ = dispatch.NO_TORCH_FUNCTION

        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            asked.append(str(func))
            return (7, 5) if "size" in str(func) else 2

    tensor = dispatch.traced_tensor_base(Sized, (1, 1), torch.float32, torch.device("cpu"))

    assert tuple(tensor.size()) == (7, 5)
    assert tensor.dim() == 2
    assert "aten.sym_size.default" in asked


def test_meta_kernels_do_not_ask_whether_memory_overlaps():
    """`copy_` of a meta tensor asks this function, by this name; of a symbolic size that would be a question."""
    import torch._meta_registrations as kernels

    assert "torch._debug_has_internal_overlap(self)" in inspect.getsource(kernels.meta_copy_)
    before = torch._debug_has_internal_overlap
    with dispatch.symbolic_torch():
        assert torch._debug_has_internal_overlap(torch.zeros(1).expand(3)) == 2
    assert torch._debug_has_internal_overlap is before
    assert before(torch.zeros(1).expand(3)) == 1


def test_compiler_flags_are_put_back():
    """Libraries are told that they are compiled, and only for so long."""
    with dispatch.exporting_flags(True):
        assert torch.compiler.is_compiling()
        assert torch.compiler.is_exporting()
    with dispatch.exporting_flags(False):
        assert torch.compiler.is_compiling()
        assert not torch.compiler.is_exporting()

    assert not torch.compiler.is_compiling()


def test_storage_is_told_apart():
    """Two tensors have one storage key when and only when they share storage."""
    x = torch.zeros(4)

    assert dispatch.storage_key(x) == dispatch.storage_key(x[1:])
    assert dispatch.storage_key(x) != dispatch.storage_key(x.clone())
