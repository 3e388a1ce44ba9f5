#!/usr/bin/env bash
# Runs the cells of `syncdyno COMMAND…` by GNU parallel, waits, and merges them into OUT.
#
#   submit.sh SHARDS OUT COMMAND…        submit.sh 32 reports/grid sweep mine.toml --axis …
#
# The shards lie in OUT.shards. A process that dies is started again, up to three times, and goes on
# after the cells that it kept. The same line again runs what is missing and merges.
#
# Surroundings: SYNCDYNO, the program; PARALLEL, further options: `-j 8`, or `--sshloginfile hosts`
# where the folder is one that all hosts see.
# The exit code is that of the merge: syncdyno's own.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shards=$1 out=$2
shift 2
printf -v command '%q ' "${SYNCDYNO:-syncdyno}" "$@"
printf -v work '%q' "$out.shards"
mkdir -p "$out.shards"
seq "$shards" | parallel --workdir . --retries 3 --line-buffer \
  "$command --partition balanced:{}/$shards --out $work/{} --jobs 1 --progress none" >&2 || true
"${SYNCDYNO:-syncdyno}" merge "$out.shards" --out "$out" --progress none
