#!/usr/bin/env bash
# Says whether what was asked for was judged: a job that was skipped is no pass. DEVICE is what the
# workflow was asked for (cpu, gpu, or both with a space between); CPU and GPU are the results of
# the two jobs.
set -euo pipefail

read -r -d "" -a devices <<<"${DEVICE:-}" || true # which says that the text came to its end
wrong=""
[ "${#devices[@]}" -gt 0 ] || wrong="The input device is empty: give cpu, gpu, or both."
for device in ${devices[@]+"${devices[@]}"}; do
    case "$device" in
        cpu) result=${CPU:-} ;;
        gpu) result=${GPU:-} ;;
        *) result="not a device that there is" ;;
    esac
    [ "$result" = success ] || wrong+="The job for the device '$device': ${result:-no result}. "
done

if [ -n "$wrong" ]; then
    printf '::error title=conformance::%s\n' "${wrong//$'\n'/ }"
    exit 1
fi
echo "Judged on: ${devices[*]}."
