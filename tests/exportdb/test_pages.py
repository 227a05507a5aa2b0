import pytest

from fullgraph import exportdb
from fullgraph.exportdb import SurveyRecord, SurveyVerdict
from tests.exportdb.support import DOUBLED, STAMPED, STAMPED_REWRITE, write_case

WRONG = SurveyRecord(
    "doubled",
    "torch.export strict",
    SurveyVerdict.SILENTLY_WRONG,
    input="extra_args[0]",
    message="a ``` b",
    note="With Dim.AUTO | twice",
    torch="2.13.0",
)
OURS = SurveyRecord("doubled", "fullgraph", SurveyVerdict.RIGHT)


@pytest.fixture
def cases(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    exportdb.add_folder(folder)
    texts = {"doubled": DOUBLED, "stamped": STAMPED, "stamped_rewrite": STAMPED_REWRITE}
    for name, text in texts.items():
        write_case(folder, name, text)
    return [exportdb.get_case(name) for name in texts]


@pytest.fixture
def pages(cases):
    found = {"doubled": (OURS, WRONG)}
    return exportdb.site_pages(exportdb.entries_of(cases, lambda name: found.get(name, ())))


def test_there_is_a_page_for_each_case_and_tag(pages):
    assert {
        "exportdb/index.md",
        "exportdb/levels.md",
        "exportdb/tags/index.md",
        "errors/index.md",
    } <= pages.keys()
    assert [name for name in pages if name.startswith("exportdb/cases/")] == [
        "exportdb/cases/doubled.md",
        "exportdb/cases/stamped.md",
        "exportdb/cases/stamped_rewrite.md",
    ]
    assert "exportdb/tags/torch.operator.md" in pages
    assert "exportdb/tags/torch.cond.md" not in pages


def test_a_refused_case_has_its_error_its_line_and_what_to_write_instead(pages):
    page = pages["exportdb/cases/stamped.md"]
    line = next(
        number
        for number, text in enumerate(exportdb.get_case("stamped").source.splitlines(), start=1)
        if "return x + time.time()" in text
    )

    assert "[`Unsupported`](/errors/Unsupported.md)" in page
    assert f":emphasize-lines: {line}\n" in page
    assert "[`stamped_rewrite`](/exportdb/cases/stamped_rewrite.md)" in page
    assert "[`stamped`](/exportdb/cases/stamped.md)" in pages["exportdb/cases/stamped_rewrite.md"]


def test_a_captured_case_has_its_program_and_its_contract(pages):
    page = pages["exportdb/cases/doubled.md"]

    assert "torch.ops.aten.add.Tensor" in page
    assert "### Contract" in page
    assert "x: float32[n]" in page


def test_what_other_exporters_make_of_a_case_is_on_its_page(pages):
    page = pages["exportdb/cases/doubled.md"]

    assert (
        "| torch.export strict (torch 2.13.0) | [silently wrong]{.verdict .silently-wrong} "
        "| Found at `extra_args[0]`. With Dim.AUTO \\| twice |"
    ) in page
    assert "````{code-block} text\na ``` b\n````" in page
    assert "| fullgraph |" not in page
    assert "Other exporters" not in pages["exportdb/cases/stamped.md"]


def test_the_table_has_a_column_for_each_exporter(pages):
    table = pages["exportdb/index.md"]

    assert '<th role="columnheader" scope="col">torch.export strict</th>' in table
    assert '<span class="verdict silently-wrong">silently wrong</span>' in table
    assert table.count('<span class="verdict not-surveyed">not surveyed</span>') == 2


def test_without_a_survey_there_is_no_such_column(cases):
    table = exportdb.site_pages(exportdb.entries_of(cases, lambda name: ()))["exportdb/index.md"]

    assert "not surveyed" not in table


def test_only_pages_that_differ_are_written(pages, tmp_path):
    site = tmp_path / "site"
    (site / "exportdb" / "cases").mkdir(parents=True)
    obsolete = site / "exportdb" / "cases" / "gone.md"
    own = site / "index.md"
    obsolete.write_text("of a case that is no more")
    own.write_text("the user's")

    planned = exportdb.compare_pages(pages, site)
    done = exportdb.write_pages(pages, site)

    assert planned == done
    assert (set(done.missing), done.changed, done.obsolete) == (set(pages), (), ("exportdb/cases/gone.md",))
    assert not obsolete.exists()
    assert own.exists()
    assert not exportdb.write_pages(pages, site)

    (site / "exportdb" / "levels.md").write_text("another text")

    assert exportdb.compare_pages(pages, site).changed == ("exportdb/levels.md",)
