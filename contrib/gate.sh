#!/usr/bin/env bash
# Holds the scenarios of a repository against a committed baseline. Called by the workflows beside it; runs anywhere.
#
#   gate.sh [SCENARIOS] [BASELINE] [REPORT] [OPTION…]      (default: scenarios main reports/ci)
#
# Options go to `syncdyno run`, such as --seeds 1..=8 for a baseline of eight seeds.
#
# The exit code is syncdyno's: 0 fine, 10 a gate failed, 11 something was lost or doubled, 13 a figure is not the baseline's,
# 14 there is no baseline to compare with: then it runs the scenarios, says how to save one, and fails, as nothing was held.
set -uo pipefail
scenarios=${1:-scenarios} baseline=${2:-main} report=${3:-reports/ci}
shift $(($# < 3 ? $# : 3))
syncdyno=${SYNCDYNO:-syncdyno}
format=human
[ -n "${GITHUB_ACTIONS:-}" ] && format=github

if [ -e "reports/baseline/$baseline.json" ]; then
  "$syncdyno" run "$scenarios" --baseline "$baseline" --out "$report" --format "$format" --progress counter "$@"
  exit $? # Where a change may be accepted, the run has said how.
else
  "$syncdyno" run "$scenarios" --out "$report" --format "$format" --progress counter "$@"
  code=$?
  # What failed is nothing to hold others against.
  [ "$code" -eq 0 ] || exit "$code"
  echo "there is no reports/baseline/$baseline.json; when this run is as it should be, commit what this writes:" >&2
  echo "  syncdyno baseline save $baseline $report --reason 'first figures'" >&2
  exit 14
fi
