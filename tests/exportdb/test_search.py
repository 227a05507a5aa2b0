import pytest

from fullgraph import exportdb
from fullgraph.exportdb import SupportLevel
from tests.exportdb.support import DOUBLED, STAMPED, STAMPED_REWRITE, write_case


@pytest.fixture
def cases(tmp_path):
    exportdb.add_folder(tmp_path)
    texts = {"doubled": DOUBLED, "stamped": STAMPED, "stamped_rewrite": STAMPED_REWRITE}
    for name, text in texts.items():
        write_case(tmp_path, name, text)
    return [exportdb.get_case(name) for name in texts]


@pytest.mark.parametrize(
    ("text", "fields", "found"),
    [
        ("", {}, ["doubled", "stamped", "stamped_rewrite"]),
        ("DOUBLED", {}, ["doubled"]),
        ("stamped_rewrite", {}, ["stamped_rewrite"]),
        ("captured", {}, ["doubled", "stamped"]),
        ("clock captured", {}, ["stamped"]),
        ("time", {}, ["stamped_rewrite", "stamped"]),
        ("nothing-like-it", {}, []),
        ("", {"tags": ["torch"]}, ["doubled"]),
        ("", {"tags": ["python.standard-library"]}, ["stamped", "stamped_rewrite"]),
        ("", {"tags": ["python", "torch"]}, []),
        ("", {"support_level": SupportLevel.NOT_SUPPORTED}, ["stamped"]),
    ],
)
def test_search(cases, text, fields, found):
    assert [case.name for case in exportdb.search(text, cases=cases, **fields)] == found


def test_all_cases_are_searched_when_none_are_given():
    assert "dynamic_shape_view" in [case.name for case in exportdb.search("view", tags=["torch"])]


def test_tags_are_described_in_one_sentence():
    for name, tag in exportdb.TAGS.items():
        assert tag.name == name
        assert tag.family in ("torch", "python")
        assert tag.description.endswith(".")
