"""The verdict on an exporter: right, too narrow, silently wrong, refused."""

import pytest
import torch

import fullgraph
from fullgraph.exportdb.subjects import Subject
from fullgraph.exportdb.survey import EXPORTERS, ModuleProgram, SurveyVerdict, judge
from fullgraph.testing import Call
from tests.exportdb import fake_exporters


def subject_of(fn, *sizes, rejected=(), **options):
    example, *extra = [Call((torch.arange(float(size)),)) for size in sizes]
    refused = tuple(Call((torch.arange(float(size)),)) for size in rejected)
    return Subject("mine", lambda: fn, example, tuple(extra), refused, **options)


def doubled(x):
    return x * 2


@pytest.mark.parametrize(
    ("exporter", "verdict", "place", "message"),
    [
        (fake_exporters.right, "captured right", "", ""),
        (fake_exporters.narrow, "too narrow", "extra_args[0]", "ValueError: guards.py: another size"),
        (fake_exporters.wrong, "silently wrong", "extra_args[0]", "extra_args[0]: output"),
        (fake_exporters.wrong_and_narrow, "silently wrong", "example", "example: output"),
        (fake_exporters.writing, "silently wrong", "export", "example after the export"),
        (fake_exporters.refusing, "refused", "", "RuntimeError: no"),
        (fake_exporters.without_words, "not applicable", "", "there is no word for it"),
    ],
)
def test_verdicts(exporter, verdict, place, message):
    judged = judge(subject_of(doubled, 3, 5), exporter)

    assert str(judged.verdict) == verdict
    assert judged.input == place
    assert message in judged.message


def test_an_input_outside_the_contract_may_be_rejected_but_not_be_wrong():
    rejected = subject_of(doubled, 3, rejected=[7, 5])

    assert judge(rejected, fake_exporters.narrow).verdict is SurveyVerdict.RIGHT
    assert judge(rejected, fake_exporters.wrong).input == "rejected_args[0]"


def test_an_error_of_eager_that_the_program_lost_is_silence():
    def positive(x):
        if x.shape[0] == 5:
            raise ValueError("five")
        return x * 0 + 1

    judged = judge(subject_of(positive, 3, rejected=[5]), fake_exporters.wrong)

    assert judged.verdict is SurveyVerdict.SILENTLY_WRONG
    assert "eager raises ValueError: five" in judged.message


def test_what_counts_its_calls_shows_at_the_second_call():
    class Counting(torch.nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    subject = Subject("counting", Counting, Call((torch.ones(3),)))

    assert judge(subject, fake_exporters.wrong).input == "example again"
    assert judge(subject, fake_exporters.right).verdict is SurveyVerdict.RIGHT


def test_a_call_that_the_program_rejects_has_not_happened_for_eager():
    class Summing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("sum", torch.zeros(()))

        def forward(self, x):
            self.sum += x.sum()
            return x * self.sum

    def narrow(subject, example):
        program = subject.make()

        class Narrow(torch.nn.Module):
            def forward(self, x):
                if x.shape[0] != 3:
                    raise ValueError("another size")
                return program(x)

        return fake_exporters.Captured(ModuleProgram(Narrow()))

    subject = Subject("sum", Summing, Call((torch.ones(3),)), (Call((torch.ones(5),)),))

    assert judge(subject, narrow).verdict is SurveyVerdict.TOO_NARROW


def test_a_program_that_does_not_run_is_nobody_s_fault():
    def broken(x):
        raise ValueError("no")

    judged = judge(subject_of(broken, 3), fake_exporters.right)

    assert judged.verdict is SurveyVerdict.NOT_APPLICABLE
    assert judged.message == "eager raises ValueError: no"


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_known_exporters_are_given_the_specs(exporter):
    subject = subject_of(doubled, 4, 6, dynamic_shapes={"x": "2*half"}, constraints=["half >= 2"])

    assert judge(subject, EXPORTERS[exporter]).verdict is SurveyVerdict.RIGHT


def test_a_branch_on_a_value_is_refused_by_torch():
    def branching(x):
        if x.sum() > 3:
            return x + 1
        return x - 1

    subject = subject_of(branching, 2, 6, dynamic_shapes={"x": "n"})

    assert judge(subject, EXPORTERS["torch.export non-strict"]).verdict is SurveyVerdict.REFUSED


def test_our_cond_is_theirs():
    def case(x):
        return fullgraph.cond(x.sum() > 3, torch.sin, torch.cos, (x,))

    subject = subject_of(case, 2, 6, dynamic_shapes={"x": "n"})

    assert judge(subject, EXPORTERS["torch.export non-strict"]).verdict is SurveyVerdict.RIGHT


def test_dims_that_torch_refuses_are_automatic_the_second_time():
    def at_least_three(x):
        torch._check(x.shape[0] >= 3)
        return x + 1

    judged = judge(
        subject_of(at_least_three, 4, 6, dynamic_shapes={"x": "n"}), EXPORTERS["torch.export non-strict"]
    )

    assert judged.verdict is SurveyVerdict.RIGHT
    assert "Dim.AUTO" in judged.note
