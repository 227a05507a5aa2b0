"""Programs that assert something of their values; pytest would rewrite the asserts of a test module."""

import torch


def number(x):
    assert x.max().item() <= 5, f"too large: {x.max()}"
    return x * 2


def tensor(x):
    assert (x <= 5).all()
    return x * 2


def negated(x):
    assert not (x > 5).any()
    return x * 2


def chained(x):
    assert -100 < x.max().item() <= 5
    return x * 2


def both(x):
    assert (x > -100).all() and (x <= 5).all()  # noqa: PT018  (that it is one is what is tested)
    return x * 2


def raised(x):
    if x.max().item() > 5:
        message = "too large"
        raise ValueError(message)
    return x * 2


def raised_otherwise(x):
    if (x <= 5).all():
        x = x * 2
    else:
        raise ValueError("too large")
    return x


def with_a_size(x):
    assert x.max().item() <= x.shape[0]
    return x * 2


ALL = (number, tensor, negated, chained, both, raised, raised_otherwise, with_a_size)


def either(x):
    if x.max().item() > 5:
        return x * 2
    return x * 3


def raised_perhaps(x):
    if x.max().item() > 5:
        if x.shape[0] > 3:
            raise ValueError("too large")
        return x * 3
    return x * 2


def one_of_two(x):
    assert x.max().item() <= 5 or x.min().item() > 100
    return x * 2


def counted(x):
    for _ in range(3):
        if x.sum() > 5:
            break
    return x


def turned_round(x):
    if 3 not in x:
        raise ValueError("no 3")
    return x


def turned_round_in_a_list(x):
    if [x.sum()] != [6]:
        raise ValueError("another sum")
    return x


NONE = (either, raised_perhaps, one_of_two, counted, turned_round, turned_round_in_a_list)
EXAMPLE = torch.tensor([1.0, 2.0, 3.0])
