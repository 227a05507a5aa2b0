"""All cases: each does what it states, and its text is that of the golden file."""

import re

import pytest

from fullgraph import exportdb

SEED_PAGE = """
    cond_branch_class_method cond_branch_nested_function cond_branch_nonlocal_variables cond_operands cond_predicate
    dynamic_shape_constructor dynamic_shape_if_guard dynamic_shape_map dynamic_shape_round dynamic_shape_slicing
    dynamic_shape_view list_contains scalar_output
""".split()


@pytest.mark.parametrize("name", exportdb.case_names())
def test_case(name):
    result = exportdb.run_case(exportdb.get_case(name))

    assert result.passed, result.report()


def test_cases_fit_together():
    assert not list(exportdb.check_all_together())


@pytest.mark.parametrize("name", SEED_PAGE)
def test_cases_of_the_seed_page_have_dims_that_are_dynamic_and_called_at_other_sizes(name):
    case = exportdb.get_case(name)

    assert case.supported
    assert case.dynamic_shapes
    assert case.extra
    assert "torch.dynamic-shape" in case.tags


def test_golden_texts_are_the_same_on_every_machine():
    for name in exportdb.case_names():
        golden = exportdb.get_case(name).golden_file
        if golden.exists():
            text = golden.read_text()
            assert text == exportdb.on_any_machine(text), name
            assert not re.search(r"0x[0-9a-f]{6,}", text), f"{name}: an address"
