# shellcheck shell=bash
# Sourced by the steps: runs a command that is not told of the files through which a step changes
# later ones, such as their PATH. Code of the package under test runs in it.
untold() (
    unset GITHUB_ENV GITHUB_PATH GITHUB_OUTPUT GITHUB_STATE GITHUB_STEP_SUMMARY
    "$@"
)
