#!/usr/bin/env bash
# Runs the cells of `syncdyno COMMAND…` as an Indexed Job of Kubernetes, waits, and merges them.
#
#   submit.sh SHARDS OUT COMMAND…        submit.sh 32 reports/grid sweep mine.toml --axis …
#
# Paths are those on the claim, which has the scenarios. The merge is a Job of one pod there.
#
# Surroundings: IMAGE, with syncdyno on its path; CLAIM, a claim of mode ReadWriteMany; NAME, of the
# Job (bench); PARALLEL, pods at once (SHARDS). DRY=1 prints the manifests and submits nothing.
# The exit code is that of the merge: syncdyno's own.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shards=$1 out=$2
shift 2
name=${NAME:-bench} here=$(dirname "$0")

# A command as a list of JSON, which YAML reads.
listed() { printf '%s\0' "$@" | python3 -c 'import json, sys
print(json.dumps(sys.stdin.read().split("\0")[:-1])[1:-1])'; }

# manifest NAME SHARDS PARALLEL RETRIES COMMAND…
manifest() {
  NAME=$1 SHARDS=$2 PARALLEL=$3 RETRIES=$4 COMMAND=$(listed "${@:5}") python3 - "$here/job.yaml" <<'PY'
import os, re, sys
text = open(sys.argv[1]).read().split("apiVersion", 1)[1]
fill = lambda m: os.environ[m[0]]
words = r"\b(NAME|SHARDS|PARALLEL|RETRIES|COMMAND|IMAGE|CLAIM)\b"
print("apiVersion" + re.sub(words, fill, text), end="")
PY
}

# Waits until a Job has come to its end, whichever.
ended() {
  until kubectl get "$1" -o jsonpath='{.status.conditions[?(@.status=="True")].type}' |
    grep -qE '(^| )(Complete|Failed)( |$)'; do
    sleep 5
  done
}

export IMAGE CLAIM
: "${IMAGE:?an image with syncdyno}" "${CLAIM:?a claim that all pods may write to}"
# Each pod has a part and a folder of its own, which the shell numbers; indexes begin with 0.
cells=$(manifest "$name" "$shards" "${PARALLEL:-$shards}" 3 \
  sh -c 'part=$((JOB_COMPLETION_INDEX + 1)) of=$1; shift
exec "$@" --partition "balanced:$part/$of" --out "$0.shards/$JOB_COMPLETION_INDEX"' \
  "$out" "$shards" syncdyno "$@" --progress none)
merge=$(manifest "$name-merge" 1 1 0 syncdyno merge "$out.shards" --out "$out" --progress none)
if [ -n "${DRY:-}" ]; then
  printf '%s\n---\n%s\n' "$cells" "$merge"
  exit
fi
kubectl apply -f - <<<"$cells" >&2
ended "job/syncdyno-$name"
kubectl apply -f - <<<"$merge" >&2
ended "job/syncdyno-$name-merge"
pod=$(kubectl get pods -l "batch.kubernetes.io/job-name=syncdyno-$name-merge" -o name | tail -n 1)
kubectl logs "$pod"
exit "$(kubectl get "$pod" -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}')"
