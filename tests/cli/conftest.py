"""Cases that a test declares are forgotten when it ends."""

import pytest

from fullgraph import exportdb


@pytest.fixture(autouse=True)
def _isolated():
    with exportdb.isolated():
        yield
