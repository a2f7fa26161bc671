#!/usr/bin/env bash
# Runs the suite, shows the run in the formats of a workflow, and ends with the exit code of the run.
# Everything comes from the environment: SUBJECT, PROFILES, BASELINE, DEVICE (each may be empty: then
# the configuration decides), BACKEND, and what GitHub sets: RUNNER_TEMP, GITHUB_OUTPUT,
# GITHUB_STEP_SUMMARY.
set -euo pipefail

out=$RUNNER_TEMP/conformance
report=$out/report.json
# A report of an earlier step is none of this run.
rm -rf "$out"
mkdir -p "$out"
echo "folder=$out" >>"$GITHUB_OUTPUT"

export KERAS_BACKEND=${BACKEND:-${KERAS_BACKEND:-tensorflow}}
export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}
# JAX computes in 32 bits unless it is told; the profile sklearn needs 64.
export JAX_ENABLE_X64=${JAX_ENABLE_X64:-1}

suite() {
    python -m scikeras_conformance "$@"
}

arguments=(--report "$report" --scripts "$out/scripts")
read -r -d "" -a profiles <<<"${PROFILES:-}" || true # which says that the text came to its end
for profile in ${profiles[@]+"${profiles[@]}"}; do
    arguments+=("--profile=$profile")
done
[ -z "${BASELINE:-}" ] || arguments+=("--baseline=$BASELINE")
[ -z "${DEVICE:-}" ] || arguments+=("--device=$DEVICE")
[ -z "${SUBJECT:-}" ] || arguments+=(-- "$SUBJECT")

# What a subject prints, or puts into a message, gives no commands to the runner; isolated, so that
# no secrets.py of the directory makes the token.
token=$(python -I -c 'import secrets; print(secrets.token_hex(16))')
printf '::stop-commands::%s\n' "$token"
code=0
suite run "${arguments[@]}" || code=$?
printf '\n::%s::\n' "$token"

# Shows the stored run as one format; that ends like the run itself, or something is wrong.
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
    text="The run ended with exit code $code and left no whole report; the log of this step says why."
    printf '::error title=conformance::%s\n' "$text"
    printf '## Conformance: no verdict\n\n%s\n' "$text" >>"$GITHUB_STEP_SUMMARY"
fi
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
