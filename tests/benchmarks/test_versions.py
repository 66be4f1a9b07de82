"""The table of versions of Transformers."""

import subprocess

import pytest

from benchmarks import versions

DROPS = "BartEncoder of transformers 5.0.0 drops arguments; use a newer transformers"
REPORT = f"""<?xml version="1.0"?>
<testsuites><testsuite tests="7" skipped="3" failures="1" errors="1">
<testcase name="a"><skipped message="{DROPS}"/></testcase>
<testcase name="b"><skipped message="{DROPS}"/></testcase>
<testcase name="c"><skipped message="needs a CUDA device, found none"/></testcase>
<testcase name="d"/></testsuite></testsuites>
"""


def test_a_report_is_read(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT, encoding="utf-8")
    outcome = versions.read(tmp_path / "report.xml", "5.0.0")
    assert outcome == versions.Outcome("5.0.0", 2, 3, 2, ("BartEncoder drops arguments",))


@pytest.mark.parametrize(("code", "tests", "runs"), [(0, 7, True), (1, 7, False), (0, 3, False)])
def test_a_run_that_was_cut_short_is_no_success(monkeypatch, tmp_path, code, tests, runs):
    """Pytest writes a report when it is interrupted, and when it finds nothing to run."""
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    folder = tmp_path / "build" / "transformers-5.4"
    (folder / "lib" / "python" / "site-packages" / "transformers-5.4.2.dist-info").mkdir(parents=True)

    def make(command, **options):
        report = f'<testsuites><testsuite tests="{tests}" skipped="3" failures="0" errors="0"/></testsuites>'
        folder.with_name("transformers-5.4.results.xml").write_text(report, encoding="utf-8")
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(versions.subprocess, "run", make)
    assert versions.run("5.4.*") == (versions.Outcome("5.4.2", 4, 3, 0, ()) if runs else None)


def test_a_row_a_version_and_an_exit_code(monkeypatch, capsys):
    held = versions.Outcome("5.0.0", 5, 1, 0, ("T5Attention is deaf", "BartEncoder is mute"))
    outcomes = {"5.0.*": held, "5.4.*": None}
    monkeypatch.setattr(versions, "run", outcomes.get)
    assert versions.main(["5.0.*"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "5.0.0                5        1       0  T5Attention is deaf",
        "                                         BartEncoder is mute",
    ]
    assert versions.main(list(outcomes)) == 1
    assert "5.4.*          the tests did not run" in capsys.readouterr().out
