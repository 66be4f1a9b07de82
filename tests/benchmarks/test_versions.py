"""The table of versions of Transformers."""

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
