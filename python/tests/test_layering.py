"""A file of `src/` imports only files that stand above it in the table of `src/lib.rs`."""

import re
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src"


def test_arrows_run_one_way():
    table = re.findall(r"^//! \| (`\w+\.rs`(?:, `\w+\.rs`)*) \|", (SRC / "lib.rs").read_text(), re.M)
    order = [name for row in table for name in re.findall(r"`(\w+)\.rs`", row)]
    assert sorted([*order, "lib"]) == sorted(path.stem for path in SRC.glob("*.rs"))
    for at, name in enumerate(order):
        text = (SRC / f"{name}.rs").read_text()
        used = set(re.findall(r"\bcrate::(\w+)", text))
        for group in re.findall(r"\bcrate::\{([^}]*)\}", text):
            used |= {part.split("::")[0].strip() for part in group.split(",") if part.strip()}
        wrong = {other for other in used if other in order[at + 1 :]}
        assert not wrong, f"{name}.rs imports {wrong}, which do not stand above it"
