import doctest
import textwrap

import pytest
import torch

import fullgraph
from fullgraph import exportdb
from fullgraph.exportdb import Call, CaseError, SupportLevel, export_case, get_case
from fullgraph.exportdb.registry import REGISTRY
from tests.exportdb.support import HEADER, write_case

ONES = (torch.ones(3),)


def declare(name="a_program", doc="It shows something. And more.", namespace=None, **fields):
    """Decorate a function of a module without a file, as in a notebook."""
    fields = {"example_args": ONES, "tags": {"torch.operator"}, **fields}
    scope = {"__name__": "a_notebook", "export_case": export_case, "fields": fields, **(namespace or {})}
    exec(f"@export_case(**fields)\ndef {name}(x):\n    {doc!r}\n    return x + x", scope)
    return REGISTRY.get(name)


def refusal(**fields):
    with pytest.raises(CaseError) as caught:
        declare(**fields)
    return caught.value


def test_a_case_has_what_was_declared():
    case = declare(
        example_kwargs={"y": 1},
        tags=["torch.cond", "python.assert"],
        dynamic_shapes={"x": "n"},
        extra_args=[(torch.ones(5),), {"y": 2}, Call((torch.ones(7),), {"y": 3})],
        rejected_args=[(torch.ones(5, 1),)],
        rewrite_of="another",
    )

    assert case.name == "a_program"
    assert case.summary == "It shows something."
    assert case.tags == {"torch.cond", "python.assert"}
    assert case.supported
    assert [call.kwargs for call in case.extra] == [{"y": 1}, {"y": 2}, {"y": 3}]
    assert [tuple(call.args[0].shape) for call in case.extra] == [(5,), (3,), (7,)]
    assert len(case.rejected) == 1
    assert case.rewrite_of == "another"
    assert case.file is None
    assert case.golden_file is None
    assert repr(case) == "ExportCase('a_program')"


def test_the_decorator_returns_what_it_decorates():
    scope = {}
    exec("def a_function(x):\n    'It is shown.'\n    return x", scope)
    a_function = scope["a_function"]

    assert export_case(example_args=ONES, tags={"torch.operator"})(a_function) is a_function


def test_a_class_is_named_in_small_letters_and_made_anew_from_one_seed():
    text = """
    @export_case(example_args=(torch.ones(3),), tags={"torch.module"})
    class LinearOf2DInput(torch.nn.Module):
        '''It has weights.'''
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(3, 3)
    """
    exec(HEADER + textwrap.dedent(text), {"__name__": "a_notebook"})
    case = get_case("linear_of2_d_input")
    state = torch.random.get_rng_state()
    one, other = case.make(), case.make()

    assert one is not other
    assert torch.equal(one.linear.weight, other.linear.weight)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"example_args": None}, "`example_args` is missing, or is not a tuple"),
        ({"example_args": [1]}, "`example_args` is missing, or is not a tuple"),
        ({"example_kwargs": {1: 2}}, "`example_kwargs` is not a dict by the names of arguments."),
        ({"tags": ()}, "`tags` is missing"),
        ({"tags": "torch.cond"}, "`tags` is missing"),
        ({"tags": {"torch.conf"}}, "`torch.conf` is no tag. Did you mean `torch.cond`?"),
        ({"tags": {"zzz"}}, "`zzz` is no tag."),
        ({"doc": ""}, "It has no docstring"),
        ({"name": "Doubled"}, "small letters"),
        ({"extra_args": [torch.ones(3)]}, "`extra_args[0]` is not a tuple, a dict or a Call."),
        ({"rejected_args": [3]}, "`rejected_args[0]` is not a tuple, a dict or a Call."),
        ({"rewrite_of": 3}, "`rewrite_of` is not the name of a case."),
        ({"support_level": "maybe"}, "`support_level` is 'maybe'"),
        ({"raises": fullgraph.Unsupported}, "It is SUPPORTED and `raises` says that it is refused."),
        ({"dynamic_shapes": {"x": "n"}}, "no `extra_args` that call it at another size"),
        ({"constraints": ["n >= 2"]}, "no `extra_args` that call it at another size"),
        ({"support_level": SupportLevel.NOT_SUPPORTED}, "`raises` does not say which error"),
        ({"support_level": SupportLevel.NOT_SUPPORTED, "raises": ValueError}, "`raises` does not say which"),
        (
            {
                "support_level": SupportLevel.NOT_SUPPORTED,
                "raises": fullgraph.Unsupported,
                "rewrite_of": "x",
            },
            "it cannot be the rewrite of another case",
        ),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_refused_by_name(fields, words):
    error = refusal(**fields)

    assert f"`{fields.get('name', 'a_program')}`" in error.what
    assert words in error.why


def test_all_faults_are_said_at_once():
    error = refusal(example_args=None, tags={"zzz"}, doc="")

    assert len(error.why.splitlines()) == 3


def test_only_functions_and_modules_are_cases():
    with pytest.raises(CaseError) as caught:
        export_case(example_args=ONES, tags={"torch.operator"})(torch.nn.ReLU())

    assert "A case is a function or a class of torch.nn.Module, not ReLU()." in caught.value.why


def test_a_case_is_in_the_file_of_its_name():
    def misplaced(x):
        """It is in a file of another name."""

    with pytest.raises(CaseError) as caught:
        export_case(example_args=ONES, tags={"torch.operator"})(misplaced)

    assert "Its file is named `test_case.py`; it has to be `misplaced.py`." in caught.value.why
    assert __file__ in caught.value.what


def test_decorators_between_do_not_hide_the_file(tmp_path):
    text = """
    @export_case(example_args=(torch.ones(3),), tags={"torch.autograd"})
    @torch.no_grad()
    def without_gradients(x):
        '''A decorator of torch is on the function.'''
        return x + x
    """
    exportdb.add_folder(tmp_path)
    file = write_case(tmp_path, "without_gradients", text)

    assert get_case("without_gradients").file == file
    assert exportdb.run_case(get_case("without_gradients")).behaves


def test_the_page_of_the_error_is_true():
    """The code that fails fails, the corrected code does not."""
    page = doctest.DocTestFinder(recurse=False).find(CaseError, "CaseError")[0]
    out = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(page, out=out.append)

    assert result.attempted > 2
    assert not result.failed, "".join(out)


def test_the_docstring_of_the_decorator_is_true():
    page = doctest.DocTestFinder(recurse=False).find(
        export_case, "export_case", globs={"export_case": export_case}
    )[0]

    assert not doctest.DocTestRunner().run(page).failed


def test_constraints_may_be_made_from_the_copied_example():
    case = declare(constraints=lambda x: [fullgraph.dynamic_dim(x, 0) <= 10], extra_args=[(torch.ones(5),)])
    copied = case.example.copied()
    options = case.options(copied)

    assert len(options["constraints"]) == 1
    program = fullgraph.export(case.make(), copied.args, **options)
    assert program(torch.ones(9)).shape == (9,)
