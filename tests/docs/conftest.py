"""The site, built once for all tests, and a browser that opens it as a reader without network does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ALONE = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site. Warnings are errors: a dead link, a page in no table of contents."""
    folder = tmp_path_factory.mktemp("site")
    # Sphinx keeps most of what it makes until it ends: looking for garbage is a fifth of its time.
    sphinx = "import gc, sys; gc.disable(); from sphinx.cmd.build import main; sys.exit(main(sys.argv[1:]))"
    built = subprocess.run(
        [sys.executable, "-c", sphinx, "-q", "-W", "--keep-going", "-b", "html"]
        + ["-d", str(folder / "doctrees"), str(HERE / "docs"), str(folder / "html")],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, with a profile of its own."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=ALONE)
        yield opened
        opened.close()
