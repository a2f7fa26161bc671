#!/usr/bin/env bash
# Runs the suite, writes the reports, summary and annotations, and ends with the exit code of the run.
# All inputs are environment variables: SUBJECT, PROFILES, BASELINE, DEVICE (if empty, the
# configuration decides), BACKEND, and those set by GitHub: RUNNER_TEMP, GITHUB_OUTPUT,
# GITHUB_STEP_SUMMARY.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/untold.sh"

out=$RUNNER_TEMP/conformance
report=$out/report.json
# Remove the report of an earlier step.
rm -rf "$out"
mkdir -p "$out"
echo "folder=$out" >>"$GITHUB_OUTPUT"

export KERAS_BACKEND=${BACKEND:-${KERAS_BACKEND:-tensorflow}}
export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}
# JAX computes in 32 bits by default; the profile sklearn needs 64.
export JAX_ENABLE_X64=${JAX_ENABLE_X64:-1}

suite() {
    python -m scikeras_conformance "$@"
}

arguments=(--report "$report" --scripts "$out/scripts")
read -r -d "" -a profiles <<<"${PROFILES:-}" || true # read returns 1 at the end of the text
for profile in ${profiles[@]+"${profiles[@]}"}; do
    arguments+=("--profile=$profile")
done
[ -z "${BASELINE:-}" ] || arguments+=("--baseline=$BASELINE")
[ -z "${DEVICE:-}" ] || arguments+=("--device=$DEVICE")
[ -z "${SUBJECT:-}" ] || arguments+=(-- "$SUBJECT")

# Output of the subject must not issue commands to the runner. Python is isolated (-I), so that a
# secrets.py in the directory cannot choose the token.
token=$(python -I -c 'import secrets; print(secrets.token_hex(16))')
printf '::stop-commands::%s\n' "$token"
code=0
untold suite run "${arguments[@]}" || code=$?
printf '\n::%s::\n' "$token"

# Convert the report to one format. The exit code must be the one of the run.
differs=""
show() {
    local got=0
    suite report "$report" --to "$@" || got=$?
    [ "$got" -eq "$code" ] || differs+=" $1"
}

if [ -f "$report" ]; then
    show html --output "$out/report.html"
    show junit --output "$out/junit.xml"
    show sarif --output "$out/report.sarif"
    show shields --output "$out/badge.json"
    show markdown >>"$GITHUB_STEP_SUMMARY"
    show github
else
    differs=" report"
fi

if [ -n "$differs" ]; then
    [ "$code" -ne 0 ] || code=3
    text="The run ended with exit code $code and left no complete report; see the log of this step."
    printf '::error title=conformance::%s\n' "$text"
    printf '## Conformance: no verdict\n\n%s\n' "$text" >>"$GITHUB_STEP_SUMMARY"
fi
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
