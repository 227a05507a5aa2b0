"""One file of each format version is kept for ever, and still means what it meant.

`python -m tests.artifact.test_frozen` writes the file of the present version when there is none.
"""

from pathlib import Path

import pytest
import torch

import fullgraph
from fullgraph.artifact import FORMAT_VERSION

FROZEN = Path(__file__).parent / "frozen"


class Frozen(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.arange(6.0).view(2, 3))
        self.tied = self.weight
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x, scale=2.0):
        self.calls += 1
        y = torch.cond(x.sum() > 0, torch.neg, torch.abs, (x @ self.weight,))
        return {"y": y * scale, "rows": x.shape[0] + 1}


def path_of(version):
    return FROZEN / f"format_{version}.fgx"


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_a_file_of_each_version_is_read(version):
    program = fullgraph.load(path_of(version))
    result = program(torch.ones(3, 2))

    assert torch.equal(result["y"], -2 * (torch.ones(3, 2) @ torch.arange(6.0).view(2, 3)))
    assert result["rows"] == 4
    assert program.state_dict["calls"] == 1
    assert program.state_dict["weight"] is program.state_dict["tied"]
    assert "test_frozen.py" in str(program)
    with pytest.raises(fullgraph.ContractError, match="scale"):
        program(torch.ones(3, 2), scale=3.0)


if __name__ == "__main__":
    target = path_of(FORMAT_VERSION)
    if not target.exists():
        fullgraph.export(Frozen(), (torch.ones(2, 2),), dynamic_shapes={"x": "n 2"}).save(target)
