#!/usr/bin/env bash
# Compares the scenarios of a repository with a committed baseline. Called by the jobs beside it; runs
# anywhere.
#
#   gate.sh [SCENARIOS] [BASELINE] [REPORT] [OPTION…]      (default: scenarios main reports/ci)
#
# Options go to `syncdyno run`. Without any it runs eight seeds: what is judged over seeds takes six.
# A cell of the baseline that is not run fails (14). Each figure has to be the baseline's; with
# TOLERANCE=5% in the environment a figure fails that is surely worse by more over all seeds. What is
# smaller than the scatter of seeds is not sure: it is listed as "may be worse" and passes.
#
# The exit code is syncdyno's: 0 fine, 10 a gate failed, 11 something was lost or doubled, 13 a
# figure is not the baseline's, 14 not comparable. After a changed scenario (14) it also runs `compare
# --fail-on-worse` and says its code. REPORT/comment.md is a comment for the pull request: what
# differs from the baseline, and the summary. Where there is no baseline it runs the scenarios, says
# how to save one, and fails (14), since nothing was compared.
set -uo pipefail
case ${1:-} in -*)
  echo "gate.sh: options stand after SCENARIOS BASELINE REPORT, all three" >&2
  exit 2
  ;;
esac
scenarios=${1:-scenarios} baseline=${2:-main} report=${3:-reports/ci}
shift $(($# < 3 ? $# : 3))
[ $# -gt 0 ] || set -- --seeds 1..=8
syncdyno=${SYNCDYNO:-syncdyno}
format=human
[ -n "${GITHUB_ACTIONS:-}" ] && format=github

if [ -e "reports/baseline/$baseline.json" ]; then
  held=(--baseline "$baseline" --require-all ${TOLERANCE:+--tolerance "$TOLERANCE"})
  rm -f "$report"/{comment,summary}.md # of a run before this one
  "$syncdyno" run "$scenarios" "${held[@]}" --out "$report" --format "$format" --progress counter "$@"
  code=$? # Where a change may be accepted, the run has said how.
  if [ "$code" -eq 14 ] && grep -qs 'the scenario was changed' "$report/summary.md"; then
    "$syncdyno" compare "$baseline" "$report" --fail-on-worse ${TOLERANCE:+--tolerance "$TOLERANCE"} --format "$format"
    echo "the changed scenarios against baseline $baseline: compare exits with $?" >&2
  fi
  if [ -e "$report/summary.md" ]; then
    # As much as a comment holds.
    { "$syncdyno" compare "$baseline" "$report" --format md; echo; cat "$report/summary.md"; } 2>/dev/null |
      head -c 60000 >"$report/comment.md"
  fi
  exit "$code"
else
  "$syncdyno" run "$scenarios" --out "$report" --format "$format" --progress counter "$@"
  code=$?
  # A run that failed is no baseline.
  [ "$code" -eq 0 ] || exit "$code"
  why="there is no reports/baseline/$baseline.json, so nothing was compared"
  [ "$format" = github ] && echo "::error title=no baseline::$why"
  for page in "$report/summary.md" "${GITHUB_STEP_SUMMARY:-}"; do
    [ -n "$page" ] && printf '\n## exit 14: not compared\n\n%s\n' "$why" >>"$page"
  done
  echo "$why; run this on your machine and commit that file:" >&2
  echo "  syncdyno run $scenarios --out $report $*" >&2
  echo "  syncdyno baseline save $baseline $report --reason 'first figures'" >&2
  exit 14
fi
