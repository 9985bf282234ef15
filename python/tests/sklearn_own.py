"""Runs scikit-learn's own tests of its multi-layer perceptrons against ours.

    python tests/sklearn_own.py

The file is taken from the installed wheel; nothing is changed but where the two classes are imported from.
Prints a table of what passes and what does not.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

THEIRS = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
OURS = "from shallownet import MLPClassifier, MLPRegressor\n"

# scikit-learn's own conftest.py has it.
CONFTEST = """
import pytest

@pytest.fixture(params=[0, 42, 99])
def global_random_seed(request):
    return request.param
"""


def results(imported: str = OURS) -> dict[str, str]:
    """``passed``, or the first line of what went wrong, by the test's name."""
    package = Path(find_spec("sklearn").origin).parent
    source = (package / "neural_network" / "tests" / "test_mlp.py").read_text(encoding="utf-8")
    if source.count(THEIRS) != 1:
        raise RuntimeError(f"scikit-learn's test_mlp.py does not hold one line {THEIRS!r}")
    with tempfile.TemporaryDirectory() as folder:
        path, report = Path(folder, "test_mlp_of_sklearn.py"), Path(folder, "report.xml")
        path.write_text(source.replace(THEIRS, imported), encoding="utf-8")
        Path(folder, "conftest.py").write_text(CONFTEST, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        run = subprocess.run([*command, str(path)], cwd=folder, capture_output=True, text=True)
        if run.returncode not in (0, 1):
            raise RuntimeError(run.stdout + run.stderr)
        cases = ElementTree.parse(report).getroot().iter("testcase")
        return {case.attrib["name"]: _outcome(case) for case in cases}


def _outcome(case: ElementTree.Element) -> str:
    for child in case:
        if child.tag in ("failure", "error", "skipped"):
            return f"{child.tag}: {child.attrib.get('message', '').splitlines()[0]}"
    return "passed"


if __name__ == "__main__":
    outcomes = results(THEIRS if "--theirs" in sys.argv else OURS)
    for name, outcome in outcomes.items():
        print(f"{outcome[:90]:<12} {name}")
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    print(f"{passed} of {len(outcomes)} pass")
