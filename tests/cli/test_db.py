import json
import multiprocessing
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from fullgraph import exportdb
from fullgraph.cli import app
from tests.exportdb.support import DOUBLED, STAMPED, STAMPED_REWRITE, write_case


@pytest.fixture
def folder(tmp_path):
    for name, text in [("doubled", DOUBLED), ("stamped", STAMPED), ("stamped_rewrite", STAMPED_REWRITE)]:
        write_case(tmp_path, name, text)
    return tmp_path


@pytest.fixture
def db(folder):
    """Run `fullgraph db -f FOLDER ...`."""
    return lambda *args: CliRunner().invoke(app, ["db", "-f", str(folder), *args])


def test_list(db):
    done = db("list", "--tag", "python.standard-library", "--level", "NOT_SUPPORTED")

    assert done.exit_code == 0
    assert "stamped\tNOT_SUPPORTED\tThe clock is not captured.\n" in done.stdout
    assert "doubled" not in done.stdout


def test_list_as_json(db):
    cases = {case["name"]: case for case in json.loads(db("list", "--json").stdout)}

    assert cases["doubled"]["support_level"] == "SUPPORTED"
    assert cases["doubled"]["tags"] == ["torch.operator"]
    assert cases["stamped"]["raises"] == "Unsupported"
    assert cases["stamped_rewrite"]["rewrite_of"] == "stamped"
    assert "dynamic_shape_view" in cases


def test_list_knows_its_tags(db):
    done = db("list", "--tag", "torch.conf")

    assert done.exit_code == 2
    assert "`torch.conf` is no tag" in done.stderr


def test_tags(db):
    counts = {tag["name"]: tag["cases"] for tag in json.loads(db("tags", "--json").stdout)}

    assert counts["python.standard-library"] >= 2
    assert "torch.cond\t" in db("tags").stdout


def test_search(db):
    found = db("search", "clock")
    nothing = db("search", "no-such-word", "--json")

    assert found.exit_code == 0
    assert found.stdout.startswith("stamped\t")
    assert nothing.exit_code == 1
    assert json.loads(nothing.stdout) == []


def test_show(db):
    done = db("show", "stamped")

    assert done.exit_code == 0
    assert done.stdout.startswith(
        "stamped  NOT_SUPPORTED  python.standard-library\n\nThe clock is not captured."
    )
    assert "Write instead: `fullgraph db show stamped_rewrite`" in done.stdout
    assert "    return x + time.time()\n" in done.stdout
    assert "what: The program calls `time.time` while it is traced." in done.stdout
    assert "Another way to write: `fullgraph db show stamped`" in db("show", "stamped_rewrite").stdout


def test_show_as_json(db):
    case = json.loads(db("show", "stamped", "--json").stdout)

    assert case["rewrites"] == ["stamped_rewrite"]
    assert case["source"].endswith("return x + time.time()\n")


def test_show_without_brackets_being_read_as_markup(db, folder):
    text = DOUBLED.replace("Arithmetic is captured.", "A list is [bold] or [/x].")
    write_case(folder, "doubled", text)

    assert "A list is [bold] or [/x]." in db("show", "doubled").stdout


@pytest.mark.parametrize("command", ["show", "check"])
def test_an_unknown_case_is_a_mistake_of_the_caller(db, command):
    done = db(command, "doubld")

    assert done.exit_code == 2
    assert "Did you mean `doubled`?" in done.stderr


def test_check_writes_what_is_missing_and_then_passes(db, folder):
    missing = db("check", "doubled", "stamped")
    written = db("check", "doubled", "stamped", "--update")
    again = db("check", "doubled", "stamped")

    assert missing.exit_code == 1
    assert "FAILED doubled\n    The golden file doubled.txt is missing" in missing.stdout
    assert written.stdout == "WRITTEN doubled\nWRITTEN stamped\n2 cases: 2 passed, 0 failed\n"
    assert again.stdout == "2 cases: 2 passed, 0 failed\n"
    assert again.exit_code == 0
    assert (folder / "stamped.txt").exists()


def test_check_says_what_is_wrong_with_one_and_goes_on(db, folder):
    write_case(folder, "doubled", DOUBLED.replace("torch.ones(5)", "torch.ones(5, 2)"))
    done = db("check", "doubled", "stamped", "--update", "--json")
    cases = {case["name"]: case for case in json.loads(done.stdout)["cases"]}

    assert done.exit_code == 1
    assert not cases["doubled"]["passed"]
    assert "extra_args[0]: outcome" in cases["doubled"]["report"]
    assert cases["stamped"]["written"]
    assert not (folder / "doubled.txt").exists()


def test_check_of_all_looks_at_what_is_between_cases(db, folder, monkeypatch):
    """Each case is run by a test of its own."""
    monkeypatch.setattr(exportdb, "check_case", lambda name, update: exportdb.Checked(name, passed=True))
    (folder / "stamped_rewrite.py").unlink()
    (folder / "gone.txt").write_text("")
    done = db("check", "--json")
    found = json.loads(done.stdout)

    assert done.exit_code == 1
    assert {"doubled", "stamped", "dynamic_shape_view"} <= {case["name"] for case in found["cases"]}
    assert found["together"] == [
        "`stamped` is NOT_SUPPORTED, and no SUPPORTED case is a rewrite of it.",
        f"{folder}/gone.txt is a golden file without a case.",
    ]


def test_a_refused_case_ends_other_commands_with_its_name(db, folder):
    write_case(folder, "doubled", DOUBLED.replace("torch.operator", "torch.opera"))
    done = db("list")

    assert done.exit_code == 1
    assert "`torch.opera` is no tag" in str(done.exception)


def test_new_writes_a_case_that_passes(db, folder):
    done = db("new", "my_case", "--into", str(folder), "--rewrite-of", "stamped")

    assert done.exit_code == 0
    assert str(folder / "my_case.py") in done.stdout
    assert db("check", "my_case", "--update").exit_code == 0
    assert json.loads(db("show", "my_case", "--json").stdout)["rewrite_of"] == "stamped"
    assert db("new", "my_case", "--into", str(folder)).exit_code == 1


def test_new_can_show_without_writing(db, folder):
    text = db("new", "my_case", "--into", str(folder), "--module", "--dry-run").stdout
    data = json.loads(db("new", "my_case", "--into", str(folder), "--module", "--dry-run", "--json").stdout)

    assert "class MyCase(torch.nn.Module):" in text
    assert data == {"file": str(folder / "my_case.py"), "text": text, "written": False}
    assert not (folder / "my_case.py").exists()


@pytest.mark.parametrize("args", [[], ["db"], ["db", "check"], ["db", "list"], ["db", "show"], ["db", "new"]])
def test_help_documents_itself(args):
    done = CliRunner().invoke(app, [*args, "--help"], env={"COLUMNS": "200"})

    assert done.exit_code == 0
    if len(args) < 2:
        assert "Exit codes: 0 all is well; 1 the answer is no" in done.stdout
    else:
        assert "--json" in done.stdout


def test_a_command_that_does_not_exist():
    assert CliRunner().invoke(app, ["no-such-command"]).exit_code == 2


def run(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "fullgraph", *args],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **env},
        check=False,
    )


def test_as_a_process(folder):
    write_case(folder, "doubled", DOUBLED.replace("torch.operator", "torch.opera"))
    done = run("db", "-f", str(folder), "show", "doubled")

    assert done.returncode == 1
    assert "`torch.opera` is no tag. Did you mean `torch.operator`?" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def show_at(terminal, environment):
    """Show a case, in a process that is a copy of this one, as one is shown at a terminal."""
    for stream in (0, 1, 2):
        os.dup2(terminal, stream)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
    os.environ.pop("NO_COLOR", None)
    os.environ.update(environment)
    app(["db", "show", "dynamic_shape_view"])


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_at_a_terminal_code_is_coloured_and_paged(folder, env, coloured):
    """A pseudo-terminal, with a pager that says that it was there."""
    import pty

    pager = folder / "pager.sh"
    pager.write_text("#!/bin/sh\necho PAGED\ncat\n")
    pager.chmod(0o755)
    ours, theirs = pty.openpty()
    environment = {"TERM": "xterm-256color", "PAGER": str(pager), **env}
    process = multiprocessing.get_context("fork").Process(target=show_at, args=(theirs, environment))
    process.start()
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says when the other side is closed
            break
        if not part:
            break
        text += part
    process.join(timeout=60)

    assert process.exitcode == 0
    assert text.startswith(b"PAGED")
    assert b"permute" in text
    assert (b"\x1b[3" in text) == coloured
