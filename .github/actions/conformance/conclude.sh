#!/usr/bin/env bash
# Fails unless the job of every requested device succeeded; a skipped job does not count as a pass.
# DEVICE is the input of the workflow (cpu, gpu, or both, separated by a space); CPU and GPU are the
# results of the two jobs.
set -euo pipefail

read -r -d "" -a devices <<<"${DEVICE:-}" || true # read returns 1 at the end of the text
wrong=""
[ "${#devices[@]}" -gt 0 ] || wrong="The input device is empty; use cpu, gpu, or both."
for device in ${devices[@]+"${devices[@]}"}; do
    case "$device" in
        cpu) result=${CPU:-} ;;
        gpu) result=${GPU:-} ;;
        *) result="unknown device" ;;
    esac
    [ "$result" = success ] || wrong+="The job for the device '$device': ${result:-no result}. "
done

if [ -n "$wrong" ]; then
    printf '::error title=conformance::%s\n' "${wrong//$'\n'/ }"
    exit 1
fi
echo "Passed on: ${devices[*]}."
