"""Nested values of any shape, for tests of trees and of the functions generated from them."""

import dataclasses
from typing import NamedTuple

from hypothesis import strategies as st


class Point(NamedTuple):
    x: object
    y: object


@dataclasses.dataclass(frozen=True)
class Pair:
    first: object
    second: object


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)
