"""The survey that ships: of cases, in order, the same on every machine."""

from fullgraph import exportdb
from fullgraph.exportdb.survey import SurveyFile, SurveyVerdict


def test_the_data_that_ships_is_sorted_and_of_cases():
    records = SurveyFile(exportdb.DATA).records()
    lines = [each.as_line() for each in records]

    assert exportdb.DATA.read_text().split("\n") == [*lines, ""]
    assert not [each.message for each in records if "/work/" in each.message or "/home/" in each.message]


def test_a_case_has_its_verdicts():
    verdicts = {each.exporter: each for each in exportdb.verdicts_of("dynamic_shape_view")}

    assert verdicts["fullgraph"].verdict is SurveyVerdict.RIGHT
    assert "torch.export strict" in verdicts
    data = exportdb.case_as_data(exportdb.get_case("dynamic_shape_view"))
    assert [each["exporter"] for each in data["verdicts"]] == sorted(verdicts)
