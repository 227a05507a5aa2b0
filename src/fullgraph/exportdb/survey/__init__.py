"""Side by side: the same programs through several exporters, and what came of each.

What enters: how a subject is judged, the exporters that are known, the worker processes they run in, and the file of
results. What a subject is, and where subjects come from, is in `subjects/`.

Read in this order: `record` and `store` (what is found, and its file), `judge` (the verdict), `exporters`, `peers`
(what PyTorch's exporter is told), `worker` and `pool` (processes with a time limit), `run` (a survey, start to end).
"""

from fullgraph.exportdb.survey.exporters import EXPORTERS
from fullgraph.exportdb.survey.judge import Captured, Exporter, ModuleProgram, NotApplicable, judge
from fullgraph.exportdb.survey.record import SurveyRecord, SurveyVerdict
from fullgraph.exportdb.survey.run import Survey, drop_obsolete, read_survey, run_survey
from fullgraph.exportdb.survey.store import DATA, SurveyFile, peers_that_fail, verdicts_of

__all__ = [
    "DATA",
    "EXPORTERS",
    "Captured",
    "Exporter",
    "ModuleProgram",
    "NotApplicable",
    "Survey",
    "SurveyFile",
    "SurveyRecord",
    "SurveyVerdict",
    "drop_obsolete",
    "judge",
    "peers_that_fail",
    "read_survey",
    "run_survey",
    "verdicts_of",
]
