import pytest

from fullgraph import exportdb
from fullgraph.exportdb import Golden
from tests.exportdb.support import DOUBLED, STAMPED, write_case


@pytest.fixture
def run(tmp_path):
    exportdb.add_folder(tmp_path)

    def write_and_run(name, text):
        write_case(tmp_path, name, text)
        return exportdb.run_case(exportdb.get_case(name))

    return write_and_run


def test_a_supported_case(run):
    result = run("doubled", DOUBLED)

    assert result.behaves
    assert result.golden is Golden.MISSING
    assert not result.passed
    assert "`fullgraph db check --update` writes it" in result.report()
    assert result.text == exportdb.on_any_machine(str(result.program))
    for part in ("Graph signature:", "Symbol to range:", "Contract:", "doubled.py:"):
        assert part in result.text


def test_the_golden_file_is_compared_and_written(run):
    result = run("doubled", DOUBLED)
    golden = result.case.golden_file

    assert exportdb.write_golden(result.case, result.text)
    assert not exportdb.write_golden(result.case, result.text)
    assert exportdb.run_case(result.case).passed
    golden.write_text(golden.read_text().replace("add", "sub"))
    changed = exportdb.run_case(result.case)
    assert changed.golden is Golden.CHANGED
    assert "-            sub_tensor" in changed.report()
    assert "+            add_tensor" in changed.report()


def test_a_case_that_is_not_supported_holds_the_text_of_its_error(run):
    result = run("stamped", STAMPED)

    assert result.behaves
    assert result.text.startswith("Unsupported\nstamped.py:11 in stamped\n    return x + time.time()\n")
    assert result.error is not None
    assert result.program is None


def test_another_error_than_the_stated_one_is_a_fault(run):
    result = run("stamped", STAMPED.replace("fullgraph.Unsupported", "fullgraph.DataDependent"))

    assert result.faults[0].startswith("It states DataDependent, and the export raised Unsupported:")


def test_a_base_class_of_the_error_is_not_the_error(run):
    assert not run("stamped", STAMPED.replace("fullgraph.Unsupported", "fullgraph.CaptureError")).behaves


def test_a_case_that_turns_out_to_be_supported_is_a_fault(run):
    result = run("stamped", STAMPED.replace("time.time()", "1"))

    assert result.faults == ("It is NOT_SUPPORTED, and the export succeeded: it can be SUPPORTED.",)


def test_a_supported_case_that_is_refused_is_a_fault(run):
    result = run("doubled", DOUBLED.replace("x + x", "x + __import__('time').time()"))

    assert result.faults[0].startswith("It is SUPPORTED, and the export was refused:\nUnsupported:")


def test_an_extra_input_outside_of_the_contract_is_a_fault(run):
    result = run("doubled", DOUBLED.replace("torch.ones(5)", "torch.ones(5, 2)"))

    assert result.faults[0].startswith(
        "extra_args[0]: outcome:\n    eager:   returned Tensor\n    program: raised ContractError:"
    )


def test_rejected_inputs_have_to_be_rejected(run):
    text = DOUBLED.replace("extra_args", "rejected_args=[(torch.ones(3, 1),), (torch.ones(4),)], extra_args")
    result = run("doubled", text)

    assert result.faults == (
        (
            "rejected_args[1]: outcome:\n"
            "    eager:   to be rejected by the contract\n"
            "    program: returned Tensor"
        ),
    )


def test_mutated_inputs_and_buffers_are_compared_and_the_case_can_be_run_again(run):
    text = """
    @export_case(example_args=(torch.ones(3),), tags={"torch.mutation"}, dynamic_shapes={"x": "n"},
                 extra_args=[(torch.ones(2),), (torch.ones(4),)])
    class Counting(torch.nn.Module):
        '''It writes to its input and to a buffer.'''
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(()))
        def forward(self, x):
            self.count += 1
            x.mul_(2)
            return x + self.count
    """
    result = run("counting", text)

    assert result.behaves, result.report()
    assert exportdb.run_case(result.case).behaves


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("at /home/me/cases/round.py:7 in f", "at round.py:7 in f\n"),
        ("src/cases/round.py:7: x  \n\n", "round.py:7: x\n"),
        ("through /a/b.c/site-packages/torch/nn/m.py:1", "through m.py:1\n"),
        ("x[: n / 2, a / b.py]", "x[: n / 2, a / b.py]\n"),
    ],
)
def test_text_on_any_machine(text, same):
    assert exportdb.on_any_machine(text) == same


def test_checking_by_name_reports_whatever_is_wrong(run, tmp_path):
    run("doubled", DOUBLED)
    write_case(tmp_path, "raising", DOUBLED.replace("doubled", "raising").replace("x + x", "x + 'text'"))
    write_case(tmp_path, "broken", "1 / 0")

    assert exportdb.check_case("doubled", update=True).written
    assert exportdb.check_case("doubled").passed
    assert exportdb.check_case("raising", update=True).report.startswith("The case raised TypeError:")
    assert "ZeroDivisionError" in exportdb.check_case("broken").report
    assert not (tmp_path / "raising.txt").exists()
