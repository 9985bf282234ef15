#!/bin/bash
# Builds the wheel, installs it into a virtual environment of its own and runs the package's tests.
#
#     python/ci.sh [folder]      the folder keeps the environment and what is compiled (default: target/python-ci)
#
# Most of its time goes to compiling the library, the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$here/../target/python-ci}
mkdir -p "$work"
work=$(cd "$work" && pwd)
python=${PYTHON:-python3}

[ -x "$work/venv/bin/python" ] || "$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    'maturin>=1.8,<2' 'scikit-learn>=1.6' joblib pandas pytest ruff

cd "$here"
export CARGO_TARGET_DIR=$work/target
cargo fmt --check
rm -rf "$work/wheels"
"$work/venv/bin/maturin" build --quiet --release --locked --interpreter "$work/venv/bin/python" --out "$work/wheels"
cargo clippy --quiet --release --locked -- -D warnings
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$work"/wheels/*.whl
"$work/venv/bin/ruff" check --quiet .
"$work/venv/bin/ruff" format --check --quiet .
# Elsewhere than here, so that the installed package is tested and not the folder beside the tests.
cd "$work"
"$work/venv/bin/python" -m pytest -q -p no:cacheprovider --rootdir "$here" -c "$here/pyproject.toml" "$here/tests"
