#!/usr/bin/env bash
# Installs the package under test, the suite of this checkout, and a backend if none is installed yet.
# All inputs are environment variables: PACKAGE (one argument of pip per line), BACKEND, DEVICE,
# SCIKIT_LEARN (a version such as 1.8.*, or empty).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/untold.sh"
suite=$(cd "$here/../../../conformance" && pwd)

fail() {
    printf '::error title=conformance::%s\n' "$1"
    exit 2
}

case "${DEVICE:-}" in
    "" | cpu | gpu) ;;
    *) fail "The input device must be cpu, gpu or empty." ;;
esac
case "${BACKEND:-}:${DEVICE:-}" in
    tensorflow:gpu) requirement="tensorflow[and-cuda]" ;;
    # Linux alone has the small one.
    tensorflow:*) [ "$(uname -s)" = Linux ] && requirement=tensorflow-cpu || requirement=tensorflow ;;
    jax:gpu) requirement="jax[cuda12]" ;;
    jax:*) requirement=jax ;;
    torch:*) requirement=torch ;;
    *) fail "The input backend must be tensorflow, jax or torch." ;;
esac

arguments=()
while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || arguments+=("$line")
done <<<"${PACKAGE:-}"
[ "${#arguments[@]}" -gt 0 ] || fail "The input package is empty: name the package under test."
[ -z "${SCIKIT_LEARN:-}" ] || arguments+=("scikit-learn==$SCIKIT_LEARN")

# In one step, so that pip finds compatible versions of all packages. A build executes code of the
# package.
untold python -m pip install "$suite" "${arguments[@]}"
if ! python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' \
    "$BACKEND"; then
    python -m pip install "$requirement"
fi
