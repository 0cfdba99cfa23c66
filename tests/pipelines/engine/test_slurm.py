"""The script for SLURM in README, with two nodes that are raylets of this machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from tests.object_store import free_ports

README = Path(__file__).resolve().parents[3] / "README.md"
SRUN = """#!/bin/bash
# what srun does, for one task on this machine: its own flags end where the command begins
while [[ $1 == --* ]]; do shift; done
folder=$(mktemp -d -p "$NODES")
TMPDIR=$folder RAY_TMPDIR=$(mktemp -d -p "$SOCKETS") exec "$@" --object-store-memory=80000000 --disable-usage-stats
"""


@pytest.mark.heavy
@pytest.mark.timeout(280)
def test_the_script_for_slurm_runs_on_two_nodes(taken_in: Path, tmp_path: Path) -> None:
    (script,) = re.findall(r"```bash\n(#!/bin/bash\n#SBATCH.*?)```", README.read_text("utf-8"), re.S)
    (port,) = free_ports(1)
    sockets, bin_ = Path(tempfile.mkdtemp(dir="/tmp")), Path(sys.executable).parent
    (tmp_path / "srun").write_text(SRUN)
    (tmp_path / "srun").chmod(0o755)
    (tmp_path / "nodes").mkdir()
    env = {
        **os.environ, "PATH": f"{tmp_path}:{bin_}:{os.environ['PATH']}", "SLURM_CPUS_PER_TASK": "1", "SLURM_NNODES": "2",
        "RAY_AUTH_MODE": "disabled", "NODES": str(tmp_path / "nodes"), "SOCKETS": str(sockets),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    text = script.replace("port=6379", f"port={port}").replace("emocurate run", f"{sys.executable} -m cli run --json")
    with (tmp_path / "told").open("wb") as told:  # which the nodes keep open
        job = subprocess.Popen(["bash", "-c", text, "job", taken_in], env=env, stdout=told, start_new_session=True)
    try:
        assert job.wait(timeout=240) == 0
    finally:
        os.killpg(job.pid, signal.SIGKILL)  # as SLURM does with what a job leaves
        shutil.rmtree(sockets, ignore_errors=True)
    assert '"failed": 0' in (tmp_path / "told").read_text()
    assert len(list((tmp_path / "nodes").iterdir())) == 2
    assert Catalog(taken_in).rows("SELECT count(*) FROM receipts WHERE stage LIKE 'Probe%' AND state = 'done'") == [
        (7,)
    ]
