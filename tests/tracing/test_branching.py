"""Branches of Python on dynamic sizes: same graph, an error, or a refusal; and `and`/`or` with sizes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import ContractError, Specialized, Unsupported
from tests.support import assert_refused, assert_same

SIZES = [(torch.randn(n, 3),) for n in (0, 1, 2, 3, 5, 40)]


def test_a_branch_whose_sides_are_the_same_assumes_nothing():
    """`causal and ...` idioms ask for a size whose answer makes no difference."""

    def scale(x, mask=None, plain=True):
        special = x.shape[0] > 1 and mask is not None
        return x * 2 if special or plain else x * 3

    program = assert_same(scale, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})

    assert not any("n" in line and ">" in line for line in program.contract.lines())


def test_a_side_that_raises_becomes_a_line_of_the_contract():
    """The program rejects a size itself; so does the contract, before anything runs."""

    def mean(x):
        if x.shape[0] == 0:
            raise ValueError("nothing to average")
        return x.mean(0)

    program = assert_same(mean, (torch.randn(4, 3),), SIZES[1:], dynamic_shapes={"x": "n _"})

    with pytest.raises(ContractError, match="n"):
        program(torch.randn(0, 3))


def test_sides_with_other_graphs_are_refused_with_the_line():
    """A named dim is dynamic in its whole range or refused."""

    def either(x):
        if x.shape[0] > 7:
            return x.sin()
        return x.cos()

    error = assert_refused(
        either, (torch.randn(4, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized, line="if x.shape[0] > 7:"
    )

    assert "n <= 7" in str(error)


def test_sizes_that_equalities_tie_are_looked_for_together():
    """The other side is one of sizes that the program takes, not one that nobody knows how to reach."""

    def either(x, y):
        total = x + y
        return total + 1 if x.shape[0] != 7 else total + 2

    args = torch.randn(6, 3), torch.randn(6, 3)
    error = assert_refused(
        either, args, dynamic_shapes={"x": "a _", "y": "b _"}, kind=Specialized, line="x + y"
    )

    assert "a != 7" in str(error)


def test_the_same_branch_under_auto_is_an_assumption():
    """`Dim.AUTO` lets the program narrow the size, and the contract says so."""

    def either(x):
        return x.sin() if x.shape[0] > 7 else x.cos()

    program = assert_same(
        either,
        (torch.randn(4, 3),),
        SIZES[:-1],
        dynamic_shapes={"x": {0: fullgraph.Dim.AUTO}},
        refused=SIZES[-1:],
    )

    assert any("7" in line for line in program.contract.lines())


def test_branches_that_follow_each_other_are_all_looked_at():
    """The second question is only asked on one side of the first."""

    def nested(x):
        rows = x.shape[0]
        if rows > 2:
            if rows > 10:
                raise ValueError("too many")
            return x + 1
        return x + 1

    assert_same(
        nested, (torch.randn(4, 3),), SIZES[:-1], dynamic_shapes={"x": "n _"}, refused=[(torch.randn(11, 3),)]
    )


def test_what_decides_and_or_is_a_plain_boolean():
    """What Python's `and` and `or` hand on from a comparison that decided is a `bool`, as in eager."""

    def attend(x):
        causal = x.shape[0] > 1 and x.ndim == 2
        assert isinstance(causal, bool)
        return x

    assert_same(attend, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})


def test_the_last_operand_of_and_or_stays_a_question():
    def fn(x):
        return fullgraph.cond(x.ndim == 2 and x.shape[0] > 4, torch.cos, torch.sin, (x,))

    assert_same(fn, (torch.randn(4, 3),), [*SIZES, (torch.randn(9, 3),)], dynamic_shapes={"x": "n _"})


def test_a_question_as_the_argument_of_an_operator():
    """PyTorch takes a plain boolean there, so the comparison is answered; with one key, causal or not is the same."""

    def attend(x):
        return nn.functional.scaled_dot_product_attention(x, x, x, is_causal=x.shape[2] > 1)

    auto = {"x": {0: fullgraph.Dim.AUTO, 2: fullgraph.Dim.AUTO}}
    for spec in (auto, {"x": "n _ length _"}):
        program = fullgraph.export(attend, (torch.randn(1, 2, 3, 4),), dynamic_shapes=spec)

        for length in (0, 1, 2, 7):
            x = torch.randn(2, 2, length, 4)
            torch.testing.assert_close(program(x), attend(x))


class Prepared(nn.Module):
    """Makes something at its first call and keeps it."""

    def __init__(self):
        super().__init__()
        self.ready = False
        self.factor = None

    def forward(self, x):
        if not self.ready:
            self.factor = 3.0
            self.ready = True
        return x * self.factor


class Remembering(nn.Module):
    """Keeps what its first call computed from its input."""

    def __init__(self):
        super().__init__()
        self.first = None

    def forward(self, x):
        if self.first is None:
            self.first = x.sum()
        return x + self.first


def test_state_that_only_the_first_call_prepares_is_no_obstacle():
    """Every call does the same; the attributes are put back all the same."""
    module = Prepared()

    program = assert_same(module, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})

    assert module.ready is False
    assert module.factor is None
    assert program(torch.ones(1, 3)).sum() == 9


def test_state_computed_from_the_first_input_is_refused():
    """Eager's second call would use the first call's input."""
    with pytest.raises(Unsupported, match="first"):
        fullgraph.export(Remembering(), (torch.randn(4, 3),))


def test_a_write_that_may_be_shared_is_refused_only_if_the_other_is_used():
    """`reshape` of something whose strides nobody knows may or may not be a view."""

    def unused(x):
        y = x.t().matmul(x).t().sin().reshape(-1)
        y += 1
        return y

    def used(x):
        z = torch.einsum("ab,cb->ca", x, x)
        y = z.reshape(-1)
        y += 1
        return y, z

    assert_same(unused, (torch.randn(4, 3),), SIZES[1:], dynamic_shapes={"x": "n _"})
    try:
        assert_same(used, (torch.randn(4, 3),), SIZES[1:], dynamic_shapes={"x": "n _"})
    except Unsupported as refused:
        assert "share memory" in str(refused)


def truncated(x):
    """`x[:, :4]` is x where there are no more columns: the side that slices holds for both."""
    if x.shape[1] > 4:
        x = x[:, :4]
    return x * 2


def padded(x):
    """A padding by nothing is nothing."""
    missing = (4 - x.shape[1] % 4) % 4
    if missing > 0:
        x = nn.functional.pad(x, (0, missing))
    return x.view(x.shape[0], x.shape[1] // 4, 4).sum(-1)


def padded_by_cat(x):
    """Nor is a concatenation with nothing."""
    missing = -x.shape[1] % 4
    if missing:
        x = torch.cat([x, x.new_zeros(x.shape[0], missing)], 1)
    return x.view(x.shape[0], x.shape[1] // 4, 4).sum(-1)


def in_windows(x):
    """Windows of a padded image, put together again: what was padded is cut off, if there was anything."""
    rows, columns = x.shape
    missing = (0, (7 - columns % 7) % 7, 0, (7 - rows % 7) % 7)
    y = nn.functional.pad(x, missing)
    down, across = y.shape[0] // 7, y.shape[1] // 7
    windows = y.view(down, 7, across, 7).transpose(1, 2).contiguous().view(-1, 7, 7)
    windows = (windows + 1).view(windows.shape[0], -1, 7)
    y = windows.view(-1, down, across, 7, 7).transpose(2, 3).contiguous().view(-1, *y.shape)[0]
    if missing[1] > 0 or missing[3] > 0:
        y = y[:rows, :columns].contiguous()
    return x + y.view(rows * columns).view(rows, columns)


TABLE = torch.randn(1, 17, 3)


def positions(x):
    """Position embeddings are resampled, but at the size they were trained with."""
    height, width = x.shape[0] // 4, x.shape[1] // 4
    if height * width == TABLE.shape[1] - 1 and x.shape[0] == x.shape[1]:
        return TABLE * 2
    first, image = TABLE[:, :1], TABLE[:, 1:].reshape(1, 4, 4, 3).permute(0, 3, 1, 2)
    image = nn.functional.interpolate(image, size=(height, width), mode="bicubic", align_corners=False)
    return torch.cat((first, image.permute(0, 2, 3, 1).view(1, -1, 3)), dim=1) * 2


def in_chunks(x):
    """A padding to whole chunks is cut off again, and what was not padded is told by its number of elements."""
    rows, columns = x.shape
    missing = -columns % 8
    chunks = nn.functional.pad(x, (0, missing))[..., None].view(rows, -1, 8, 1)
    y = chunks.flip(-1).view(rows, -1, 1).expand(rows, -1, 6)
    if missing > 0:
        y = y[:, :columns]
    return y.reshape(rows, columns, -1) + 1


def laid_out_anew(x):
    """What is laid out anew may be seen as a row; what is of one row or column could be so before."""
    y = x.t()
    if x.shape[0] > 1 and x.shape[1] > 1:
        y = y.contiguous()
    return y.view(x.shape[0] * x.shape[1]) + 1


def expanded(x):
    """An expansion of one row to one row is none."""
    row = torch.arange(x.shape[1]).unsqueeze(0)
    if x.shape[0] != row.shape[0]:
        row = row.expand(x.shape[0], -1)
    return x + row


def broadcast(x):
    """Nor is broadcasting, nor a sum of one row."""
    row = torch.arange(x.shape[1]).unsqueeze(0)
    if x.shape != row.shape:
        row = torch.broadcast_to(row, x.shape)
    if x.shape[0] != 1:
        x = x.sum_to_size(1, x.shape[1])
    return x + row


def last_column(x):
    """Of one column the last one is all of it; of none there is no last one."""
    if x.shape[1] > 1:
        x = x[:, -1:]
    return x + 1


def padded_in_either_dim(x):
    """Of two questions the second is asked where the first says no; the sides are compared where each was taken."""
    rows, columns = x.shape
    if rows % 2 == 1 or columns % 2 == 1:
        x = nn.functional.pad(x, (0, columns % 2, 0, rows % 2))
    return torch.cat([x[0::2, 0::2], x[1::2, 0::2], x[0::2, 1::2], x[1::2, 1::2]], 1)


def cropped_if_padded(x):
    """A copy of what the program computed is what it copies."""
    rows, columns = x.shape
    missing = (0, -columns % 4, 0, -rows % 4)
    x = nn.functional.pad(x, missing) * 2
    was_padded = missing[1] > 0 or missing[3] > 0
    if was_padded:
        x = x[:rows, :columns].contiguous()
    return x


def cut_into_windows_and_put_together(x):
    """Both branches ask the same; a size that 4 divides is 4 times its quotient."""
    rows, columns = x.shape
    below, right = (4 - rows % 4) % 4, (4 - columns % 4) % 4
    if below > 0 or right > 0:
        x = nn.functional.pad(x, (0, right, 0, below))
    padded_rows, padded_columns = rows + below, columns + right
    windows = (
        x.view(padded_rows // 4, 4, padded_columns // 4, 4).permute(0, 2, 1, 3).contiguous().view(-1, 4, 4)
    )
    windows = windows.softmax(-1).view(padded_rows // 4, padded_columns // 4, 4, 4).permute(0, 2, 1, 3)
    x = windows.contiguous().view(padded_rows, padded_columns)
    if padded_rows > rows or padded_columns > columns:
        x = x[:rows, :columns].contiguous()
    return x


def guarded_against_nothing(x):
    """Tensors without elements are equal whatever they are made by."""
    if x.shape[0] == 0:
        return x.new_zeros(0, x.shape[1])
    return x.cumsum(0) / x.shape[0]


def causal_only_if_longer(x):
    """With one key, every query may look at it."""
    x = x[:, None, :, None]
    return nn.functional.scaled_dot_product_attention(x, x, x, is_causal=x.shape[2] > 1)


@pytest.mark.parametrize("example", [(3, 8), (2, 3), (1, 1), (2, 1)])
@pytest.mark.parametrize(
    "program",
    [
        truncated,
        padded,
        padded_by_cat,
        expanded,
        broadcast,
        last_column,
        padded_in_either_dim,
        cropped_if_padded,
        cut_into_windows_and_put_together,
        guarded_against_nothing,
        causal_only_if_longer,
        laid_out_anew,
    ],
)
def test_a_side_that_holds_for_the_others_is_the_program(program, example):
    """Whichever side the example took, the graph is the one that is right for all sizes, and nothing is assumed."""
    more = [
        (torch.randn(rows, columns),)
        for rows in (0, 1, 2, 5)
        for columns in (0, 1, 3, 4, 5, 16)
        if rows or columns
    ]

    exported = assert_same(program, (torch.randn(example),), more, dynamic_shapes={"x": "rows columns"})

    assert not any("columns" in line and "=" in line for line in exported.contract.lines())


def test_a_branch_is_settled_under_what_a_later_one_assumes():
    """The later one is asked on both sides of the earlier one; what is assumed is the later one alone."""

    def embed(x):
        row = torch.arange(x.shape[1]).unsqueeze(0)
        if x.shape[0] != row.shape[0]:
            row = row.expand(x.shape[0], -1)
        x = x + row
        return x.topk(6, dim=-1).values if x.shape[1] > 6 else x

    error = assert_refused(
        embed,
        (torch.randn(3, 5),),
        dynamic_shapes={"x": "rows columns"},
        kind=Specialized,
        line="x.shape[1] > 6",
    )

    assert "rows" not in str(error).split("instead")[0]
    assert_same(
        embed,
        (torch.randn(3, 5),),
        [(torch.randn(1, 6),), (torch.randn(0, 2),)],
        dynamic_shapes={"x": "rows columns"},
        constraints=["columns <= 6"],
    )


def test_a_side_may_rely_on_what_the_trace_relies_on_anyway():
    """With one cell each of its sides is 1, and what is broadcast against that follows."""

    def attention(x):
        cells = x[:, ::4, ::4]
        scaled = cells / (cells[:, -1:, -1:] + 3)
        flat = scaled.flatten(1)
        causal = flat.shape[1] > 1 and x.dtype == torch.float64
        return flat.cumsum(1) if causal else flat

    more = [(torch.rand(rows, h, w),) for rows in (0, 1, 3) for h in (0, 1, 4, 5) for w in (0, 1, 4, 9)]
    exported = assert_same(attention, (torch.rand(2, 9, 5),), more, dynamic_shapes={"x": "rows h w"})

    assert not any("h" in line.split() or "w" in line.split() for line in exported.contract.lines())


@pytest.mark.parametrize("columns", [5, 17])
def test_a_side_that_cannot_be_run_without_elements_does_not_hold_for_none(columns):
    """`view(0, 8, -1)` raises, so the side that says it is not right for the sizes that take the other one."""

    def in_windows(x):
        windows = x[:, : x.shape[1] // 8 * 8]
        if windows.shape[1] > 0:
            return windows.view(x.shape[0], windows.shape[1] // 8, 8, -1).sum(2)
        return windows.new_zeros(x.shape[0], 0, x.shape[2])

    error = assert_refused(
        in_windows, (torch.randn(3, columns, 2),), dynamic_shapes={"x": "rows columns _"}, kind=Specialized
    )

    assert ("columns <= 7" if columns == 5 else "columns >= 8") in str(error)


@pytest.mark.parametrize("example", [(9, 16), (14, 16), (9, 7), (14, 21)])
def test_windows_of_a_padded_image_are_those_of_any_image(example):
    """Four ways to pad and to cut, and one graph: the number of windows is found however the padding is written."""
    more = [(torch.randn(rows, columns),) for rows in (1, 7, 8, 20) for columns in (2, 7, 14, 15)]

    assert_same(
        in_windows,
        (torch.randn(example),),
        more,
        dynamic_shapes={"x": "rows columns"},
        constraints=["rows >= 1", "columns >= 1"],
    )


@pytest.mark.parametrize("example", [(3, 8), (2, 3), (1, 1)])
def test_chunks_are_cut_to_any_length(example):
    more = [(torch.randn(rows, columns),) for rows in (1, 2, 5) for columns in (1, 7, 8, 9, 16)]

    assert_same(
        in_chunks,
        (torch.randn(example),),
        more,
        dynamic_shapes={"x": "rows columns"},
        constraints=["rows >= 1", "columns >= 1"],
    )


@pytest.mark.parametrize("example", [(16, 16), (20, 9), (64, 4)])
def test_what_is_taken_apart_and_put_together_is_what_it_was(example):
    """Resampled to its own size an image is itself, bit by bit, and so is what a cut into parts leaves."""
    more = [(torch.randn(sizes),) for sizes in ((16, 16), (18, 19), (16, 17), (4, 64), (20, 20), (4, 4))]

    program = assert_same(
        positions,
        (torch.randn(example),),
        more,
        dynamic_shapes={"x": "rows columns"},
        constraints=["rows >= 4", "columns >= 4"],
    )

    assert torch.equal(program(torch.randn(16, 16)), TABLE * 2)


def test_sizes_that_only_the_numbers_of_a_branch_lead_to_are_looked_for():
    """`(rows // 14)*(columns // 14) == 1024` of two equal sizes is true of 448, which is 14*32."""

    def native(x):
        cells = (x.shape[0] // 14) * (x.shape[1] // 14)
        return x + 1 if cells == 1024 and x.shape[0] == x.shape[1] else x + 2

    error = assert_refused(
        native, (torch.randn(30, 20),), dynamic_shapes={"x": "rows columns"}, kind=Specialized
    )

    assert "!= 1024" in str(error)


def parts_in_another_order(x):
    return x if x.shape[0] > 2 else torch.cat((x[1:], x[:1]))


def parts_that_leave_one_out(x):
    return x if x.shape[0] > 2 else torch.cat((x[:1], x[:1]))


def permuted_twice_alike(x):
    y = x[None, :, :, None]
    return y if x.shape[0] > 2 else y.permute(1, 2, 0, 3).permute(1, 2, 0, 3)


def seen_through_another_shape(x):
    return x if x.shape[0] > 2 else x.t().reshape(3, -1).t().reshape(-1, 3).reshape(3, -1).t()


def of_what_raises_for_nothing(x):
    products = x @ x.t()
    return products.amax(1) if x.shape[0] != 0 else products.sum(1)


def of_a_shape_that_nothing_does_not_tell(x):
    return x.reshape(x.shape[0], -1) if x.shape[0] != 0 else x * 1


def of_an_input_and_its_clone(x):
    return x if x.shape[0] > 2 else x.clone()


def of_two_literals(x):
    return x * (torch.tensor([1.0, 2.0, 3.0]) if x.shape[0] > 2 else torch.tensor([1.0, 2.0, 4.0]))


def of_random_numbers_in_another_order(x):
    first, second = torch.rand(3), torch.rand(3)
    return x + first - second if x.shape[0] > 2 else x + second - first


def of_one_random_number_more(x):
    if x.shape[0] > 2:
        torch.rand(3)
    return x + torch.rand(3)


def of_detached_and_not(x):
    if x.shape[0] > 2:
        x = x.detach()
    return x * 2


def of_an_input_and_a_copy(x):
    return x if x.shape[0] > 2 else x * 1


def of_sizes_that_differ_where_nothing_is(x):
    return x[:0] if x.shape[0] == 0 else x.new_zeros(x.shape[0], 4)


@pytest.mark.parametrize(
    "program",
    [
        parts_in_another_order,
        parts_that_leave_one_out,
        permuted_twice_alike,
        seen_through_another_shape,
        of_two_literals,
        of_random_numbers_in_another_order,
        of_one_random_number_more,
        of_detached_and_not,
        of_an_input_and_a_copy,
        of_sizes_that_differ_where_nothing_is,
        of_what_raises_for_nothing,
        of_a_shape_that_nothing_does_not_tell,
        of_an_input_and_its_clone,
    ],
)
@pytest.mark.parametrize("rows", [1, 4])
def test_sides_that_look_alike_and_differ_are_refused(program, rows):
    assert_refused(program, (torch.randn(rows, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)


def test_literals_with_one_content_are_one():
    def program(x):
        return x * (torch.tensor([1.0, 2.0, 3.0]) if x.shape[0] > 2 else torch.tensor([1.0, 2.0, 3.0]))

    assert_same(program, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})


def test_a_branch_that_tells_examples_apart_is_looked_at():
    """One of them alone would narrow the size to what leaves the other one out."""

    def attend(x):
        causal = x.shape[0] > 1 and x.dtype == torch.float64
        return x.cumsum(0) if causal else x + 1

    assert_same(attend, (torch.randn(3, 4),), [(torch.randn(7, 4),)], examples=[(torch.randn(1, 4),)])


def test_nothing_in_a_cache_is_one_of_its_sizes_being_0():
    """Of no rows all is empty, whatever length is said; of no columns there are none."""

    def attend(x, keys):
        length = 0 if keys.numel() == 0 else keys.shape[1]
        positions = torch.arange(x.shape[1]) + length
        keys = torch.cat([keys, x + positions], 1)
        mask = torch.arange(keys.shape[1]) <= positions[:, None]
        return (x.unsqueeze(2) * keys.unsqueeze(1)).masked_fill(~mask, 0).sum(2).view(x.shape[0], -1), keys

    def arguments(rows, columns, past):
        return torch.randn(rows, columns), torch.randn(rows, past)

    assert_same(
        attend,
        arguments(2, 3, 4),
        [arguments(*sizes) for sizes in ((1, 1, 0), (3, 2, 0), (1, 1, 1), (2, 1, 40))],
        dynamic_shapes={"x": "rows columns", "keys": "rows past"},
    )  # without rows, `view(0, -1)` raises on both sides
    exported = fullgraph.export(
        lambda x, keys: x * (keys.shape[1] if keys.numel() else 0),
        arguments(2, 3, 4),
        dynamic_shapes={"x": "rows columns", "keys": "rows past"},
    )

    for sizes in ((0, 3, 4), (2, 3, 0), (0, 0, 0), (1, 2, 7)):
        x, keys = arguments(*sizes)
        assert torch.equal(exported(x, keys), x * (keys.shape[1] if keys.numel() else 0))


def test_a_branch_under_auto_that_makes_no_difference_narrows_nothing():
    """Those that do make one are assumptions, from which the trace learns."""

    def attend(x, halves=False):
        causal = x.shape[0] > 1 and x.dtype == torch.float64
        if halves and x.shape[1] % 2 == 0:
            x = x.view(-1, 2, x.shape[1] // 2).sum(1)
        return x.cumsum(0) if causal else x + 1

    auto = {"x": {0: fullgraph.Dim.AUTO, 1: fullgraph.Dim.AUTO}}
    more = [(torch.randn(rows, 6),) for rows in (0, 1, 7)]

    assert_same(attend, (torch.randn(3, 4),), more, dynamic_shapes=auto)
    assert_same(
        lambda x: attend(x, halves=True),
        (torch.randn(3, 4),),
        more[2:],
        dynamic_shapes=auto,
        refused=[(torch.randn(3, 5),), (torch.randn(2, 3),)],
    )
    program = fullgraph.export(lambda x: attend(x, halves=True), (torch.randn(3, 4),), dynamic_shapes=auto)
    for rows in (1, 2):
        x = torch.randn(rows, 6)
        assert torch.equal(program(x), attend(x, halves=True))
