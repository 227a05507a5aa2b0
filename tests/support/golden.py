"""Golden texts: `FULLGRAPH_ACCEPT=1 pytest` writes them anew, and the difference is read in the commit."""

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"


def assert_golden(name, text):
    """A text equals the accepted one in tests/golden.

    Args:
        name: the file, `graphs/dynamic_shape_view.txt`.
        text: what the code under test gave.
    """
    __tracebackhide__ = True
    path = FOLDER / name
    text = text.rstrip() + "\n"
    if os.environ.get("FULLGRAPH_ACCEPT") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"{name} is new: accept it with FULLGRAPH_ACCEPT=1"
    assert text == path.read_text(), f"{name} changed: if that is right, accept it with FULLGRAPH_ACCEPT=1"
