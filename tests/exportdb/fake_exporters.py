"""Exporters that do one thing wrong, or nothing, for the tests of the survey; workers find them by their names."""

import os
import time

import torch

from fullgraph.exportdb.survey import Captured, NotApplicable


class Recorded:
    """A program that calls a function."""

    state_dict = {}

    def __init__(self, call):
        self._call = call

    def __call__(self, *args, **kwargs):
        return self._call(*args, **kwargs)


def right(subject, example):
    return Captured(Recorded(subject.make()), "as it is")


def narrow(subject, example):
    """Takes the sizes of the example only."""

    def call(x):
        if x.shape != example.args[0].shape:
            raise ValueError("/home/me/guards.py: another size")
        return subject.make()(x)

    return Captured(Recorded(call))


def wrong(subject, example):
    """Returns for all sizes what the example gives."""
    result = subject.make()(*example.args)
    return Captured(Recorded(lambda x: result))


def wrong_and_narrow(subject, example):
    def call(x):
        if x.shape[0] == 5:
            raise ValueError("another size")
        return torch.zeros(1)

    return Captured(Recorded(call))


def writing(subject, example):
    """Leaves its marks in the arguments."""
    example.args[0].zero_()
    return right(subject, example)


def refusing(subject, example):
    raise RuntimeError("no")


def without_words(subject, example):
    raise NotApplicable("there is no word for it")


def crashing(subject, example):
    print("this goes nowhere")
    os._exit(7)


def hanging(subject, example):
    time.sleep(600)
