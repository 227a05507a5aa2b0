"""PyTorch's own samples, exported and compared with eager: what is captured, what is refused, what is wrong.

What may enter: where the samples come from (`samples`, `modules`), how other sizes are drawn from one (`sizes`), and
the verdict on one of them (`judge`). `benchmarks/operators.py` prints the report; `tests/sweeps` runs a part of it.
"""

from benchmarks.sweeps.judge import Finding, Verdict, judge, judge_gradients, worst
from benchmarks.sweeps.samples import OPERATORS, Subject, samples_of
from benchmarks.sweeps.sizes import drawn_sizes, resized

__all__ = [
    "OPERATORS",
    "Finding",
    "Subject",
    "Verdict",
    "drawn_sizes",
    "judge",
    "judge_gradients",
    "resized",
    "samples_of",
    "worst",
]
