"""A file larger than the memory is fitted, and this in little memory: the claims on scale."""

import json
import subprocess
import sys

import pytest
import scale

MIB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is the Linux kernel's")
def test_a_file_three_times_as_large_as_may_be_allocated_is_fitted(tmp_path):
    X, y = scale.write_classes(tmp_path, 400_000, 128)
    command = [sys.executable, str(scale.HERE / "limited_fit.py"), str(X), str(y), str(64 * MIB)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["converged"]
    assert seen["bytes"] > 3 * seen["limit"]
    assert seen["anonymous at most"] - seen["anonymous before"] < 32 * MIB
