#!/usr/bin/env bash
# Runs the audit once and puts it out in every form that a workflow needs. Settings come as environment variables, so that
# no text of a workflow's inputs is ever read as shell.
set -uo pipefail

folder="${RUNNER_TEMP:-/tmp}/aura-db"
mkdir -p "$folder" || exit 3
# A run that fails must not leave the report of the run before it.
rm -f "$folder"/audit.*

arguments=(audit --format github --fail-on "${FAIL_ON:-warning}")
case "${ENGINE:-mysql}" in
    embedded) arguments+=(--embedded) ;;
    *) arguments+=(--sandbox "${ENGINE:-mysql}") ;;
esac
[[ -n "${SCALE:-}" ]] && arguments+=(--scale "$SCALE")
[[ -n "${WORKLOAD:-}" ]] && arguments+=(--workload "$WORKLOAD")
[[ -n "${MIGRATIONS:-}" ]] && arguments+=(--migrations "$MIGRATIONS")
[[ -n "${BASELINE:-}" ]] && arguments+=(--baseline "$BASELINE")
arguments+=(--output "sarif=$folder/audit.sarif" --output "junit=$folder/audit.xml" --output "markdown=$folder/audit.md")

"${AURA_DB:-aura-db}" "${arguments[@]}"
code=$?

{
    echo "exit-code=$code"
    for pair in sarif:audit.sarif junit:audit.xml markdown:audit.md; do
        [[ -f "$folder/${pair#*:}" ]] && echo "${pair%%:*}=$folder/${pair#*:}"
    done
} >>"$GITHUB_OUTPUT"
[[ -f "$folder/audit.md" ]] && cat "$folder/audit.md" >>"$GITHUB_STEP_SUMMARY"
exit "$code"
