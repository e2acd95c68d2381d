"""What `make bench` would measure: each module that has figures, by the prefixes that it says, and nothing else."""

from bench.__main__ import ROOT, measurements


def test_every_module_with_figures_is_measured_and_nothing_else():
    with_figures = {
        path.stem for path in (ROOT / "bench").glob("*.py") if "\ndef figures(" in path.read_text(encoding="utf-8")
    }
    assert set(measurements("")) == with_figures
    assert {"imports", "pages", "send", "night", "wave", "simulator"} <= with_figures
    assert "__main__" not in with_figures


def test_a_prefix_chooses_the_modules_that_can_have_such_figures():
    assert measurements("import") == ["imports"]
    assert "pages" in measurements("pages.")
    assert measurements("no-such-figure") == []
