import pytest

from fullgraph import exportdb
from fullgraph.exportdb import CaseError


@pytest.mark.parametrize(
    "fields", [{}, {"module": True}, {"supported": False}, {"rewrite_of": "other"}], ids=str
)
def test_a_new_case_loads_and_behaves_before_anything_is_filled_in(tmp_path, fields):
    exportdb.add_folder(tmp_path)
    exportdb.write_new_case(tmp_path, "a_new_case", exportdb.new_case_text("a_new_case", **fields))
    case = exportdb.get_case("a_new_case")

    assert exportdb.run_case(case).behaves
    assert case.supported == fields.get("supported", True)
    assert case.rewrite_of == fields.get("rewrite_of")


@pytest.mark.parametrize("name", ["Name", "a-name", "1st", "class", "", "a/b"])
def test_names(name):
    with pytest.raises(CaseError, match="cannot name a case"):
        exportdb.new_case_text(name)


def test_what_contradicts_itself_is_refused():
    with pytest.raises(CaseError):
        exportdb.new_case_text("a_case", supported=False, rewrite_of="b")


def test_a_file_is_not_overwritten(tmp_path):
    exportdb.write_new_case(tmp_path, "a_case", "")

    with pytest.raises(CaseError, match="exists already"):
        exportdb.write_new_case(tmp_path, "a_case", "")
    with pytest.raises(CaseError, match="There is no folder"):
        exportdb.write_new_case(tmp_path / "no", "a_case", "")
