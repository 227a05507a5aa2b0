"""Which inputs are one object, and which share memory."""

import numpy as np
import torch

from fullgraph.contract.sharing import identical, overlapping


def overlap(*tensors, pairs=((0, 1),)):
    return overlapping(tensors, range(len(tensors)), pairs)


def test_separate_tensors():
    assert overlap(torch.ones(3), torch.ones(3)) is None


def test_views():
    """Views overlap when their extents do; separate parts of one storage do not."""
    x = torch.ones(4, 4)

    assert overlap(x, x) == 0
    assert overlap(x, x.t()) == 0
    assert overlap(x[:3], x[2:]) == 0
    assert overlap(x[:2], x[2:]) is None
    assert overlap(x[0], x[1]) is None


def test_interleaved_views_count_as_sharing():
    """Being right for all strides is not worth the time; such a call is refused."""
    x = torch.ones(8)
    assert overlap(x[0::2], x[1::2]) == 0


def test_empty_tensors_share_nothing():
    x = torch.ones(4)
    assert overlap(x, x[:0]) is None
    assert overlap(torch.ones(0), torch.ones(0)) is None
    empty = torch.ones(0)
    assert overlap(empty, empty) is None


def test_memory_of_another_library():
    """Two storages may be views of one numpy array."""
    array = np.ones(8, dtype=np.float32)
    assert overlap(torch.from_numpy(array), torch.from_numpy(array[4:])) == 0
    assert overlap(torch.from_numpy(array[:4]), torch.from_numpy(array[4:])) is None


def test_tensors_without_data():
    x = torch.ones(3, device="meta")
    assert overlap(x, torch.ones(3, device="meta")) is None


def test_which_pair():
    x, y = torch.ones(3), torch.ones(3)
    assert overlap(x, y, y, pairs=((0, 1), (0, 2), (1, 2))) == 2
    assert overlap(x, y, y, pairs=((0, 1), (0, 2))) is None


def test_one_object():
    x, y = torch.ones(3), torch.ones(3)
    assert identical([x, y], (0, 1), [(0, 1)]) is None
    assert identical([x, y, x], (0, 1, 2), [(0, 1), (0, 2)]) == 1
    assert identical([x, y, y], (0, 1, 2), [(0, 1), (0, 2)]) is None
    assert identical([x, y, x[:]], (0, 1, 2), [(0, 2)]) is None
