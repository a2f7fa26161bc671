#!/usr/bin/env bash
# Installs the package under test, the suite of this checkout, and a backend where none came along.
# Everything comes from the environment: PACKAGE (an argument of pip on each line), BACKEND, DEVICE,
# SCIKIT_LEARN (a version such as 1.8.*, or nothing).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=$(cd "$here/../../../conformance" && pwd)

fail() {
    printf '::error title=conformance::%s\n' "$1"
    exit 2
}

case "${DEVICE:-}" in
    "" | cpu | gpu) ;;
    *) fail "The input device takes cpu, gpu or nothing." ;;
esac
case "${BACKEND:-}:${DEVICE:-}" in
    tensorflow:gpu) requirement="tensorflow[and-cuda]" ;;
    tensorflow:*) requirement=tensorflow-cpu ;;
    jax:gpu) requirement="jax[cuda12]" ;;
    jax:*) requirement=jax ;;
    torch:*) requirement=torch ;;
    *) fail "The input backend takes tensorflow, jax or torch." ;;
esac

arguments=()
while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || arguments+=("$line")
done <<<"${PACKAGE:-}"
[ "${#arguments[@]}" -gt 0 ] || fail "The input package is empty: name what is to be judged."
[ -z "${SCIKIT_LEARN:-}" ] || arguments+=("scikit-learn==$SCIKIT_LEARN")

# In one step, so that pip finds versions that suit all of them.
python -m pip install "$suite" "${arguments[@]}"
if ! python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' \
    "$BACKEND"; then
    python -m pip install "$requirement"
fi
