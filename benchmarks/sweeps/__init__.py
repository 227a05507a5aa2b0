"""PyTorch's own samples, exported and compared with eager: what is captured, what is refused, what is wrong.

What may enter: where the samples come from (`samples`, `modules`), how other sizes and layouts are made of one
(`sizes`, `layouts`), how two outcomes differ (`compare`), the verdict on a sample (`judge`) and its report (`report`).
`benchmarks/operators.py` prints the report; `tests/sweeps` runs a part of it.
"""

from benchmarks.sweeps.judge import Finding, Verdict, judge, judge_gradients, judge_torch_export, worst
from benchmarks.sweeps.layouts import LAYOUTS, laid_out
from benchmarks.sweeps.samples import OPERATORS, Subject, samples_of
from benchmarks.sweeps.sizes import drawn_sizes, resized

__all__ = [
    "LAYOUTS",
    "OPERATORS",
    "Finding",
    "Subject",
    "Verdict",
    "drawn_sizes",
    "judge",
    "judge_gradients",
    "judge_torch_export",
    "laid_out",
    "resized",
    "samples_of",
    "worst",
]
