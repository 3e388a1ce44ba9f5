#!/usr/bin/env bash
# Runs the cells of `syncdyno COMMAND…` as a job array of Slurm, waits, and merges them into OUT.
#
#   submit.sh SHARDS OUT COMMAND…        submit.sh 32 reports/grid sweep mine.toml --axis …
#
# The shards lie in OUT.shards, on storage that all nodes see. Whatever ends a task early (a node
# that fails, its time, somebody's kill) puts it back into the queue, where it goes on after the
# cells that it kept. The same line again runs what is missing and merges.
#
# Surroundings: SYNCDYNO, the program; CPUS, of a task (1); SBATCH_*, as sbatch(1) says.
# The exit code is that of the merge: syncdyno's own.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shards=$1 out=$2
shift 2
printf -v command '%q ' "${SYNCDYNO:-syncdyno}" "$@"
printf -v work '%q' "$out.shards"
mkdir -p "$out.shards/log"

task="$command --partition balanced:\$SLURM_ARRAY_TASK_ID/$shards --out $work/\$SLURM_ARRAY_TASK_ID \
  --jobs \$SLURM_CPUS_ON_NODE --progress none
code=\$?
# Out of time, ended, killed: not a verdict on the task.
case \$code in 124|130|137|143) scontrol requeue \$SLURM_JOB_ID && sleep 60 ;; esac
exit \$code"
array=$(sbatch --parsable --job-name syncdyno --requeue --open-mode append --array "1-$shards" \
  --ntasks 1 --cpus-per-task "${CPUS:-1}" --output "$out.shards/log/%a.txt" --wrap "$task")
echo "job array $array: $shards tasks" >&2

printf -v merge '%q ' "${SYNCDYNO:-syncdyno}" merge "$out.shards" --out "$out" --progress none
code=0
sbatch --wait --parsable --job-name syncdyno-merge --dependency "afterok:$array" \
  --kill-on-invalid-dep yes --output "$out.shards/log/merge.txt" --wrap "$merge" >&2 || code=$?
if [ -s "$out.shards/log/merge.txt" ]; then
  cat "$out.shards/log/merge.txt"
  exit "$code"
fi
# A task failed, and the merge with it: say which cells are missing, and what runs them.
"${SYNCDYNO:-syncdyno}" merge "$out.shards" --out "$out" --progress none
