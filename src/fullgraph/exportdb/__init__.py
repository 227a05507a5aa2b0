"""ExportDB: what can be captured, what cannot, and how to write it instead.

What enters: what a case is, where cases are found, how one is run, searched and shown. The cases themselves are in
`cases/`, one file each, written as a user would write them.

Invariant: importing this folder imports no case; a case file is imported when its case is asked for.
"""

from fullgraph.exportdb.case import CaseError, ExportCase, SupportLevel, unknown_case
from fullgraph.exportdb.check import Checked, check_all_together, check_case
from fullgraph.exportdb.collection import OWN_CASES, Collection
from fullgraph.exportdb.data import case_as_data
from fullgraph.exportdb.golden import Golden, golden_diff, on_any_machine, write_golden
from fullgraph.exportdb.new_case import new_case_text, write_new_case
from fullgraph.exportdb.pages import (
    PAGE_ASSETS,
    Entry,
    PageChanges,
    compare_pages,
    entries_of,
    site_pages,
    write_pages,
)
from fullgraph.exportdb.registry import (
    Registry,
    add_folder,
    all_cases,
    case_names,
    export_case,
    faults_between,
    get_case,
    isolated,
    rewrites_of,
)
from fullgraph.exportdb.run import CaseResult, run_case
from fullgraph.exportdb.search import search
from fullgraph.exportdb.survey import (
    DATA,
    EXPORTERS,
    Survey,
    SurveyFile,
    SurveyRecord,
    SurveyVerdict,
    drop_obsolete,
    peers_that_fail,
    read_survey,
    run_survey,
    verdicts_of,
)
from fullgraph.exportdb.tags import TAGS, Tag
from fullgraph.testing import Call

__all__ = [
    "Call",
    "CaseError",
    "CaseResult",
    "Checked",
    "Collection",
    "DATA",
    "EXPORTERS",
    "Entry",
    "ExportCase",
    "Golden",
    "OWN_CASES",
    "PAGE_ASSETS",
    "PageChanges",
    "Registry",
    "SupportLevel",
    "Survey",
    "SurveyFile",
    "SurveyRecord",
    "SurveyVerdict",
    "TAGS",
    "Tag",
    "add_folder",
    "all_cases",
    "case_as_data",
    "case_names",
    "check_all_together",
    "check_case",
    "compare_pages",
    "drop_obsolete",
    "entries_of",
    "export_case",
    "faults_between",
    "get_case",
    "golden_diff",
    "isolated",
    "new_case_text",
    "on_any_machine",
    "peers_that_fail",
    "read_survey",
    "rewrites_of",
    "run_case",
    "run_survey",
    "search",
    "site_pages",
    "unknown_case",
    "verdicts_of",
    "write_golden",
    "write_new_case",
    "write_pages",
]
