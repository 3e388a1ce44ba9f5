# What the scripts beside it share: a sweep of a thousand cells, and what one machine makes of it.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
contrib=$root/contrib/clusters
export SYNCDYNO=${SYNCDYNO:-$root/target/release/syncdyno}
[ -x "$SYNCDYNO" ] || { echo "no $SYNCDYNO: cargo build --release" >&2; exit 2; }
desk=$(mktemp -d)
cd "$desk"
cp "$root/tests/browser/small.toml" grid.toml
grid=(sweep grid.toml --axis engine.pull.chunk_rows=16..256*2 --seeds 1..=200)

# Runs the grid on this machine alone, as if into `out`.
alone() {
  local began=$EPOCHREALTIME
  "$SYNCDYNO" "${grid[@]}" -j 1 --out out --progress none >/dev/null 2>&1
  mv out alone
  echo "alone, one thread: $(since "$began") s"
}
since() { python3 -c "print(f'{$EPOCHREALTIME - $1:.1f}')"; }

# Kills the processes of a shard once it has kept something: those alone that work in our folder.
shoot() {
  while [ ! -s "out.shards/$1/shard.jsonl" ]; do sleep 0.05; done
  for pid in $(pgrep -f -- "--out out.shards/$1 "); do
    [ "$(readlink "/proc/$pid/cwd")" = "$desk" ] && kill -9 "$pid" && echo "killed a process of shard $1"
  done
}

# Whether what was merged into `out` is what one machine wrote, but for what the host took.
same() {
  diff --recursive --brief --exclude timing.json alone out && echo "same: $(find alone -type f | wc -l) files, to the byte"
}
