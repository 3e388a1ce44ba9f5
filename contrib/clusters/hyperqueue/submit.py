#!/usr/bin/env python3
"""Runs the cells of `syncdyno COMMAND…` on HyperQueue, waits, and merges them into OUT.

    submit.py SHARDS OUT COMMAND…        submit.py 32 reports/grid sweep mine.toml --axis …

The shards lie in OUT.shards, on storage that all workers see. A task that dies is submitted again,
up to three times, and goes on after the cells that it kept. The same line again runs what is
missing and merges.

Surroundings: SYNCDYNO, the program; CPUS, of a task (1); HQ_SERVER_DIR, of a server that runs
(`hq server start`), or HQ_LOCAL_WORKERS: so many workers of this machine, each of one core.
The exit code is that of the merge: syncdyno's own.

Needs `pip install hyperqueue`.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from hyperqueue import Client, Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
from hyperqueue.ffi.protocol import ResourceRequest

TRIES = 3


def main(shards: int, out: str, command: list[str]) -> int:
    program = os.environ.get("SYNCDYNO", "syncdyno")
    cpus = int(os.environ.get("CPUS", "1"))
    work = Path(f"{out}.shards")
    (work / "log").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        client = connected(stack)
        left = list(range(1, shards + 1))
        for _ in range(TRIES):
            job = Job(default_workdir=Path.cwd(), max_fails=None, name="syncdyno")
            for shard in left:
                own = ["--partition", f"balanced:{shard}/{shards}", "--out", str(work / str(shard))]
                log = str(Path.cwd() / work / "log" / f"{shard}.txt")
                job.program(
                    [program, *command, *own, "--jobs", str(cpus), "--progress", "none"],
                    stdout=log,
                    stderr=log + ".err",
                    resources=ResourceRequest(cpus=cpus),
                )
            submitted = client.submit(job)
            if client.wait_for_jobs([submitted], raise_on_error=False):
                break
            # Tasks are numbered as they were added.
            left = [left[task] for task in sorted(client.get_failed_tasks(submitted))]
            print(f"again: shards {', '.join(map(str, left))}", file=sys.stderr)
    merge = [program, "merge", str(work), "--out", out, "--progress", "none"]
    return subprocess.run(merge, check=False).returncode


def connected(stack: ExitStack) -> Client:
    workers = int(os.environ.get("HQ_LOCAL_WORKERS", "0"))
    if workers == 0:
        return Client(os.environ.get("HQ_SERVER_DIR"))
    cluster = stack.enter_context(LocalCluster())
    for _ in range(workers):
        cluster.start_worker(WorkerConfig(cores=1))
    return cluster.client()


if __name__ == "__main__":
    if len(sys.argv) < 4 or not sys.argv[1].isdigit():
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
