"""The built site: whole, self-contained, and usable in a browser from a folder on disk, wide and narrow."""

import re
from pathlib import Path

import pytest

import fullgraph
from fullgraph import exportdb, testing

# One worker builds the site and opens the browser.
pytestmark = pytest.mark.xdist_group("site")

RESOURCE = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc\s*=\s*[\"'](?P<src>[^\"']+)"
    r"|<link\b[^>]*?\bhref\s*=\s*[\"'](?P<href>[^\"']+)"
    r"|url\(\s*[\"']?(?P<url>[^\"')]+)"
    r"|@import\s+[\"'](?P<imported>[^\"']+)",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(r"(https?:)?//")
WIDE, MEDIUM, NARROW = (
    {"width": 1280, "height": 900},
    {"width": 1024, "height": 768},
    {"width": 390, "height": 844},
)
PAGES = [
    "index",
    "tutorial",
    "how_to/dynamic_sizes",
    "exportdb/index",
    "exportdb/levels",
    "exportdb/tags/index",
    "exportdb/tags/torch.dynamic-shape",
    "exportdb/cases/cond_operands",
    "errors/DataDependent",
    "reference/export",
    "reference/exportdb",
    "glossary",
]


def address(site: Path, page: str) -> str:
    return (site / f"{page}.html").as_uri()


@pytest.fixture
def opened(site, browser):
    """Returns a function that opens a page without network, and fails the test for what the browser complains of."""
    complaints: list[str] = []
    contexts = []

    def open_page(page: str, viewport: dict[str, int], **options):
        context = browser.new_context(viewport=viewport, offline=True, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("requestfailed", lambda request: complaints.extend(not_loaded(request)))
        tab.goto(address(site, page))
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def not_loaded(request) -> list[str]:
    """What a page does without because the next one was opened meanwhile (the icon of the tab) is no complaint."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"not loaded: {request.url}: {request.failure}"]


def shown(tab) -> list[str]:
    """Return the names of the cases that the table shows."""
    return [row.inner_text() for row in tab.query_selector_all("tbody tr:not([hidden]) th a")]


def with_tag(tag: str) -> list[str]:
    return [case.name for case in exportdb.search(tags=[tag])]


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = set()
    for file in [*site.rglob("*.html"), *site.rglob("*.css")]:
        for found in RESOURCE.finditer(file.read_text(encoding="utf-8")):
            target = next(filter(None, found.groups()))
            if ELSEWHERE.match(target):
                loaded.add(f"{file.relative_to(site)}: {target}")

    assert not loaded


def test_every_public_name_is_in_the_reference(site):
    ids = {
        found
        for folder in ("reference", "errors")
        for file in (site / folder).glob("*.html")
        for found in re.findall(r'id="(fullgraph[\w.]*)"', file.read_text(encoding="utf-8"))
    }
    documented = {each.rpartition(".")[2] for each in ids}
    public = {*fullgraph.__all__, *testing.__all__, *exportdb.__all__}

    assert not sorted(public - documented)


def test_every_case_has_its_page(site):
    pages = {file.stem for file in (site / "exportdb" / "cases").glob("*.html")}

    assert pages == {case.name for case in exportdb.all_cases() if case.file.parent == exportdb.OWN_CASES}


@pytest.mark.parametrize("viewport", [WIDE, MEDIUM, NARROW], ids=["wide", "medium", "narrow"])
def test_no_page_scrolls_sideways(opened, site, viewport):
    tab = opened("index", viewport)
    wider = {}
    for page in PAGES:
        tab.goto(address(site, page))
        width = tab.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            wider[page] = width

    assert not wider


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_search_as_you_type(opened, viewport):
    tab = opened("exportdb/index", viewport)
    everything = shown(tab)

    tab.keyboard.press("/")
    tab.keyboard.type("round")

    assert "dynamic_shape_round" in shown(tab)
    assert len(shown(tab)) < len(everything)
    assert tab.inner_text(".matrix-count") == f"{len(shown(tab))} of {len(everything)} cases"

    tab.keyboard.type(" no such words")

    assert shown(tab) == []
    tab.click("text=show all cases")
    assert shown(tab) == everything
    assert tab.evaluate("document.activeElement.name") == "q"


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_filter_by_tag_and_level(opened, viewport):
    tab = opened("exportdb/index", viewport)

    tab.get_by_role("combobox", name="Tag", exact=True).select_option("torch.cond")
    assert sorted(shown(tab)) == sorted(with_tag("torch.cond"))

    tab.get_by_role("combobox", name="Support level", exact=True).select_option("NOT_SUPPORTED")
    refused = exportdb.search(tags=["torch.cond"], support_level=exportdb.SupportLevel.NOT_SUPPORTED)
    assert sorted(shown(tab)) == sorted(case.name for case in refused)

    tab.get_by_role("combobox", name="Tag", exact=True).select_option("")
    tab.get_by_role("combobox", name="Support level", exact=True).select_option("SUPPORTED")
    assert len(shown(tab)) == sum(case.supported for case in exportdb.all_cases())


def test_what_was_asked_for_is_in_the_address(opened):
    tab = opened("exportdb/index", WIDE)
    tab.get_by_role("combobox", name="Tag", exact=True).select_option("torch.cond")
    found = shown(tab)

    again = opened("exportdb/index", WIDE)
    again.goto(tab.url)

    assert tab.url.endswith("#tag=torch.cond")
    assert shown(again) == found


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_from_the_table_to_a_case_to_a_tag_and_back(opened, viewport):
    tab = opened("exportdb/index", viewport)

    tab.fill(".matrix-controls [name=q]", "cond_operands")
    tab.click("tbody tr:not([hidden]) th a")
    assert tab.inner_text("h1").startswith("cond_operands")
    assert "torch.ops.higher_order.cond" in tab.inner_text("article")

    tab.click("a.tag >> text=torch.cond")
    assert tab.inner_text("h1").startswith("torch.cond")
    assert "Original source code:" in tab.inner_text("article")

    tab.go_back()
    tab.click("a.crumb")
    assert tab.inner_text("h1").startswith("ExportDB")


def test_a_narrow_screen_and_a_reader_of_screens_see_a_table(opened):
    """Rows are cards on a narrow screen, and rows of a table all the same."""
    tab = opened("exportdb/index", NARROW)

    assert tab.get_by_role("table", name="All cases of ExportDB").count() == 1
    assert tab.get_by_role("rowheader").count() == len(exportdb.all_cases())
    assert tab.get_by_role("status").inner_text() == f"{len(exportdb.all_cases())} cases"


def test_without_the_script_every_case_is_there(opened):
    tab = opened("exportdb/index", WIDE, java_script_enabled=False)

    assert len(shown(tab)) == len(exportdb.all_cases())
    assert not tab.is_visible(".matrix-controls")
