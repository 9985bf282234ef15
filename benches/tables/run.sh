#!/usr/bin/env bash
# Compares shallownet with scikit-learn on tables as people have them; README.md says how.
#
#   benches/tables/run.sh [--venv FOLDER] [--program FILE] [--only NAME,NAME] [--splits N]
#       [--no-peers] [--peers FILE] [--more FOLDER] [--record FILE]
set -euo pipefail

usage() {
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit "$1"
}
here=$(cd "$(dirname "$0")" && pwd)
venv='' program='' options=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage 0 ;;
    --no-peers) options+=("$1") && shift ;;
    --venv | --program | --only | --splits | --peers | --more | --record)
        [ $# -ge 2 ] || usage 2 >&2
        case $1 in
        --venv) venv=$2 ;;
        --program) program=$2 ;;
        *) options+=("$1" "$2") ;;
        esac
        shift 2
        ;;
    *) usage 2 >&2 ;;
    esac
done

# Python, into .venv, again whenever the requirements change; a folder that was given is not touched.
if [ -z "$venv" ]; then
    venv=$here/.venv
    if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
        cp "$here/requirements.txt" "$venv/requirements.txt"
    fi
fi
if [ -z "$program" ]; then
    (cd "$here/../.." && cargo build --release --features cli --quiet)
    target=$(cd "$here/../.." && cargo metadata --format-version 1 --no-deps |
        "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
    program=$target/release/shallownet
fi

export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 RAYON_NUM_THREADS=1
"$venv/bin/python" "$here/compare.py" --program "$program" "${options[@]}"
