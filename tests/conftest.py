"""Settings of the whole test run: one torch thread a worker, and the profiles of the property tests."""

import os
import sys

# Before torch is imported: workers that each start threads of their own would share the cores badly.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Nothing here may reach for the network; a model that wants to be downloaded is a mistake in a test.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import torch
from hypothesis import HealthCheck, settings

_SLOW_MACHINE = (HealthCheck.too_slow, HealthCheck.data_too_large)

# A test without settings of its own takes them from the profile, so that `make fuzz` can raise the number:
# write `@settings(max_examples=...)` on a test only if it cannot do with the profile's.
settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=_SLOW_MACHINE)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "2000")),
    suppress_health_check=_SLOW_MACHINE,
    print_blob=True,
)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """Every test starts from the same seed, whatever ran before it in the same worker."""
    # `torch.manual_seed` also notes down the stack, three times, for devices that are not there.
    torch.default_generator.manual_seed(0)


@pytest.fixture(autouse=True, scope="module")
def _no_other_tests(request):
    """No other test module is imported while those of one run.

    An export looks after the globals of every module of the user's: those of two hundred test modules would take most
    of the time of most tests, and what a test meets would depend on which others are run.
    """
    tests = {item.module.__name__ for item in request.session.items} & sys.modules.keys()
    others = {name: sys.modules.pop(name) for name in tests}
    sys.modules[request.module.__name__] = others.pop(request.module.__name__)
    yield
    sys.modules.update(others)
