import json
import os
import subprocess
import sys
import textwrap

import pytest
import torch

from fullgraph import exportdb
from fullgraph.exportdb import CaseError, Collection, Registry
from fullgraph.exportdb.collection import collections_of_packages
from tests.exportdb.support import DOUBLED, STAMPED, STAMPED_REWRITE, write_case


@pytest.fixture
def folder(tmp_path):
    exportdb.add_folder(tmp_path)
    return tmp_path


def test_a_case_of_a_folder_is_found(folder):
    write_case(folder, "doubled", DOUBLED)

    assert "doubled" in exportdb.case_names()
    assert exportdb.get_case("doubled").file == folder / "doubled.py"
    assert exportdb.get_case("doubled") in exportdb.all_cases()


def test_only_the_file_of_the_case_asked_for_is_imported(folder):
    write_case(folder, "doubled", DOUBLED)
    write_case(folder, "broken", "raise RuntimeError('imported')")

    assert exportdb.get_case("doubled").name == "doubled"
    assert "broken" in exportdb.case_names()


def test_files_with_a_leading_underscore_are_no_cases(folder):
    write_case(folder, "_helper", "")

    assert "_helper" not in exportdb.case_names()


def test_an_unknown_case_is_refused_with_those_like_it(folder):
    write_case(folder, "doubled", DOUBLED)

    with pytest.raises(CaseError, match="There is no case `doubld`") as caught:
        exportdb.get_case("doubld")
    assert "Did you mean `doubled`?" in caught.value.instead


def test_a_file_that_cannot_be_imported_is_refused_by_name(folder):
    write_case(folder, "broken", "raise RuntimeError('oh')")

    with pytest.raises(CaseError, match=r"broken\.py.* cannot be imported") as caught:
        exportdb.get_case("broken")
    assert caught.value.why == "RuntimeError: oh"


def test_a_file_that_declares_nothing_is_refused_by_name(folder):
    write_case(folder, "empty", "")

    with pytest.raises(CaseError, match=r"empty\.py declares no case `empty`"):
        exportdb.get_case("empty")


def test_two_cases_of_one_name_are_refused(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    exportdb.add_folder(other)
    for each in (folder, other):
        write_case(each, "doubled", DOUBLED)

    with pytest.raises(CaseError, match="`doubled` is declared twice") as caught:
        exportdb.get_case("doubled")
    assert str(folder) in caught.value.why
    assert str(other) in caught.value.why


def test_a_case_that_is_not_supported_needs_a_rewrite(folder):
    write_case(folder, "stamped", STAMPED)

    with pytest.raises(CaseError) as caught:
        exportdb.all_cases()
    assert caught.value.why == "`stamped` is NOT_SUPPORTED, and no SUPPORTED case is a rewrite of it."

    write_case(folder, "stamped_rewrite", STAMPED_REWRITE)
    assert {"stamped", "stamped_rewrite"} <= {case.name for case in exportdb.all_cases()}
    assert [case.name for case in exportdb.rewrites_of("stamped")] == ["stamped_rewrite"]


def test_a_rewrite_of_nothing_is_refused(folder):
    write_case(folder, "stamped_rewrite", STAMPED_REWRITE)

    with pytest.raises(CaseError) as caught:
        exportdb.all_cases()
    assert caught.value.why == "`stamped_rewrite` is a rewrite of `stamped`, which does not exist."


def test_a_golden_file_without_a_case_is_found(folder):
    (folder / "gone.txt").write_text("")

    assert list(exportdb.check_all_together()) == [f"{folder}/gone.txt is a golden file without a case."]


def test_importing_a_case_leaves_random_numbers_alone_and_gets_the_same_ones(folder):
    text = """
    @export_case(example_args=(torch.randn(3),), tags={"torch.operator"})
    def drawn(x):
        '''It has a random example.'''
        return x
    """
    write_case(folder, "drawn", text)
    torch.manual_seed(7)
    state = torch.random.get_rng_state()
    case = exportdb.get_case("drawn")

    assert torch.equal(state, torch.random.get_rng_state())
    torch.manual_seed(0)
    assert torch.equal(case.example.args[0], torch.randn(3))


def test_what_is_added_in_isolation_is_forgotten(folder):
    write_case(folder, "doubled", DOUBLED)
    with exportdb.isolated():
        exportdb.get_case("doubled")
        exportdb.get_case("dynamic_shape_view")

    assert exportdb.get_case("dynamic_shape_view").name == "dynamic_shape_view"


def test_a_registry_asks_for_collections_once(tmp_path):
    asked = []
    registry = Registry(lambda: asked.append(1) or [Collection("me", tmp_path)])

    assert registry.names() == []
    assert registry.all() == ()
    assert asked == [1]


def test_an_entry_point_that_names_no_package_is_refused():
    from importlib.metadata import EntryPoint

    for value in ("no_such_package.cases", "json.decoder"):
        entry = EntryPoint("mine", value, "fullgraph.exportdb")
        with pytest.raises(CaseError, match=f"`mine = {value}`"):
            list(collections_of_packages([entry]))


def test_a_package_ships_cases_by_an_entry_point_and_importing_fullgraph_imports_no_case(tmp_path):
    """In a process of its own, with a package that is installed as pip would install it."""
    cases = tmp_path / "my_package" / "export_cases"
    cases.mkdir(parents=True)
    (tmp_path / "my_package" / "__init__.py").write_text("")
    (cases / "__init__.py").write_text("")
    write_case(cases, "doubled", DOUBLED)
    installed = tmp_path / "my_package-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[fullgraph.exportdb]\nmine = my_package.export_cases\n")
    program = """
        import json, sys
        import fullgraph
        early = [name for name in sys.modules if "exportdb" in name or name.split(".")[0] in ("rich", "typer")]
        from fullgraph import exportdb
        case = exportdb.get_case("doubled")
        late = [name for name in sys.modules if "_cases." in name or "exportdb.cases." in name]
        print(json.dumps([early, late, exportdb.run_case(case).faults, str(case.file)]))
    """
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == [[], ["my_package.export_cases.doubled"], [], str(cases / "doubled.py")]
