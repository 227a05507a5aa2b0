"""A survey: workers that crash or hang, results that are kept, the file, the command."""

import json
import multiprocessing

import pytest
from typer.testing import CliRunner

from fullgraph import FullgraphError, exportdb
from fullgraph.cli import app
from fullgraph.exportdb.survey import SurveyFile, SurveyRecord, SurveyVerdict, read_survey, run_survey
from fullgraph.exportdb.survey.record import trimmed
from tests.exportdb.support import DOUBLED, STAMPED, write_case

FAKE = "tests.exportdb.fake_exporters:"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    write_case(folder, "doubled", DOUBLED)
    write_case(folder, "stamped", STAMPED)
    exportdb.add_folder(folder)
    return folder


@pytest.fixture
def forked(monkeypatch):
    """Workers are copies of this process: one that is started afresh spends two seconds on importing torch."""
    fork = multiprocessing.get_context("fork")
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: fork)


def survey_of(tmp_path, *exporters, cases=("doubled",)):
    return read_survey(cases, [f"{FAKE}{name}" for name in exporters], tmp_path / "survey.jsonl")


def test_a_crash_is_a_result_and_the_rest_goes_on(tmp_path, folder, forked):
    survey = survey_of(tmp_path, "crashing", "right", "refusing")
    found = {each.exporter.removeprefix(FAKE): each for each in run_survey(survey)}

    assert found["crashing"].verdict is SurveyVerdict.CRASHED
    assert found["crashing"].message == "The process ended with exit code 7."
    assert (found["right"].verdict, found["right"].note) == (SurveyVerdict.RIGHT, "as it is")
    assert found["refusing"].verdict is SurveyVerdict.REFUSED


def test_a_hang_is_a_result(tmp_path, folder, forked):
    (found,) = run_survey(survey_of(tmp_path, "hanging"), timeout=0.5)

    assert found.verdict is SurveyVerdict.TIMED_OUT
    assert found.message == "No answer within 0.5 seconds."


def test_what_is_known_is_not_run_again_until_its_source_changes(tmp_path, folder, forked):
    survey = survey_of(tmp_path, "right", cases=("doubled", "stamped"))
    assert len(run_survey(survey)) == 2

    assert run_survey(survey) == []
    write_case(folder, "doubled", DOUBLED.replace("x + x", "2 * x"))
    assert survey.out_of_date() == [f"CHANGED doubled: {FAKE}right"]
    assert [each.subject for each in run_survey(survey)] == ["doubled"]
    assert survey.out_of_date() == []
    assert len(run_survey(survey, fresh=True, workers=2)) == 2
    assert len(survey.file.records()) == 2


def test_what_was_found_before_a_stop_is_kept(tmp_path, folder, forked):
    survey = survey_of(tmp_path, "right", "refusing")

    def stop(record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_survey(survey, on_record=stop)
    assert [each.exporter for each in survey.file.records()] == [f"{FAKE}right"]
    assert [each.exporter for each in run_survey(survey)] == [f"{FAKE}refusing"]


def record(subject, exporter="e", **fields):
    return SurveyRecord(subject, exporter, SurveyVerdict.RIGHT, **fields)


def test_the_file_is_sorted_and_the_last_record_counts(tmp_path):
    file = SurveyFile(tmp_path / "s.jsonl")
    for each in (record("b"), record("a"), record("b", message="now\u2028here")):
        file.append(each)
    file.tidy()

    assert file.records() == [record("a"), record("b", message="now\u2028here")]
    assert file.path.read_text().count("\n") == 2


def test_a_torn_line_is_ended_and_not_read(tmp_path):
    file = SurveyFile(tmp_path / "s.jsonl")
    file.path.write_text(record("a").as_line() + "\n" + record("b").as_line()[:40])
    file.append(record("c"))

    assert [each.subject for each in file.records()] == ["a", "c"]


def test_messages_are_the_same_on_every_machine():
    said = trimmed('\x1b[31mFile "/home/me/lib/x.py", line 3\x1b[0m at 0x7f00deadbeef, see https://a.b/c/d')

    assert said == 'File "x.py", line 3 at 0x..., see https://a.b/c/d'
    assert len(trimmed("x" * 5000)) < 700


def test_unknown_names_are_refused(tmp_path, folder):
    with pytest.raises(FullgraphError, match="no exporter `torch`"):
        read_survey(["doubled"], ["torch"], tmp_path / "s.jsonl")
    with pytest.raises(FullgraphError, match="No subject is named `doubld`"):
        read_survey(["doubld"], [], tmp_path / "s.jsonl")
    with pytest.raises(FullgraphError, match="no provider"):
        read_survey(["jax:*"], [], tmp_path / "s.jsonl")


def test_models_are_found_by_pattern(tmp_path):
    names = read_survey(["transformers:*bert*"], [], tmp_path / "s.jsonl").subjects

    assert {"transformers:bert", "transformers:roberta"} <= set(names)
    assert all("bert" in name for name in names)


def test_the_command(tmp_path, folder):
    """With a worker that is started as users' are."""
    out = str(tmp_path / "survey.jsonl")

    def run(*options):
        common = ["db", "-f", str(folder), "survey", "-o", out, "-c", "doubled", "-e", f"{FAKE}right"]
        return CliRunner().invoke(app, [*common, *options])

    missing, done, checked = run("--check"), run("--json"), run("--check")

    assert (missing.exit_code, done.exit_code, checked.exit_code) == (1, 0, 0)
    assert missing.stdout == f"MISSING doubled: {FAKE}right\n1 results, 1 out of date\n"
    assert json.loads(done.stdout)[0]["verdict"] == "captured right"
    assert run().stdout == f"{FAKE}right\tcaptured right\t1\n"
