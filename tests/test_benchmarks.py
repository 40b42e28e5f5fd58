"""What README and book quote is what was measured, and a measurement is of the right thing."""

import re
import subprocess

import numpy as np
import peers
import pytest
import record
import speed

from softmax_lib import load_measurements


@pytest.fixture(scope="module")
def result():
    return record.read("speed")


def test_readme_quotes_the_committed_measurements(result):
    quoted = speed.README.read_text().split(speed.BEGIN)[1].split(speed.END)[0]
    assert quoted.strip() == speed.sentence(result)


def test_everything_was_measured_in_one_run_with_every_peer(result):
    assert set(speed.PARTS) <= set(result)
    assert set(result["loss and gradient"]) == set(speed.SHAPES)
    for times in result["loss and gradient"].values():
        peers = {"textbook", "floor", "scikit-learn", "PyTorch", "JAX"}
        assert set(times["float64"]) == set(times["float32"]) == peers
    assert all(list(times) == [*speed.STEPS, "library"] for times in result["ladder"].values())


def test_each_step_of_the_chapter_gives_the_loss_and_the_gradient_within_1e_10():
    W, X, y = peers.examples((300, 5, 4), np.float64, np.random.default_rng(0))
    expected = peers.textbook(W, X, y)()
    steps = speed.chapter_steps()
    assert list(steps) == speed.STEPS
    for step in steps.values():
        for a, b in zip(step(W, X, y), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10)


def test_a_wrong_contestant_is_not_raced():
    W, X, y = peers.examples((30, 5, 4), np.float64, np.random.default_rng(0))
    contestants = {"textbook": peers.textbook(W, X, y), "wrong": peers.textbook(2 * W, X, y)}
    with pytest.raises(AssertionError, match="wrong"):
        speed.agree(contestants, np.float64)


def test_ratios_are_taken_round_by_round():
    times = {"ours": [1.0, 2.0, 30.0], "peer": [2.0, 4.0, 60.0]}
    assert speed.ratios(times) == {"peer": [0.5, 0.5, 0.5]}


def test_the_gradient_of_a_fit_is_relative_to_that_at_zero():
    class AtZero:
        intercept_, coef_ = np.zeros(3), np.zeros((3, 2))

    X, y = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), np.array([0, 1, 2])
    assert speed.relative_gradient(AtZero, X, y, 0.1) == 1


def test_a_result_is_kept_with_a_row_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "BOOK", tmp_path)
    result = {"fits": {"iris": {"saga": [1, 2.5]}}, "worst": [["±", [1]], []]}
    record.save("speed", result)
    lines = ["{", ' "fits": {', '  "iris": { "saga": [ 1, 2.5 ] }', " },"]
    lines += [' "worst": [', '  [ "±", [ 1 ] ],', "  []", " ]", "}"]
    assert record.path("speed").read_text().splitlines() == lines
    assert record.read("speed") == result


def test_measurements_lie_beside_the_chapters_or_it_says_which_are_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(record.BOOK)
    for name in ("accuracy", "scale", "speed"):
        assert load_measurements(name) == record.read(name)
    monkeypatch.chdir(tmp_path)
    message = "speed.json, which lies in the folder book/ of the course, must lie beside this"
    with pytest.raises(FileNotFoundError, match=f"^{message}.*{re.escape(str(tmp_path))}$"):
        load_measurements("speed")


def test_make_bench_leaves_the_kernels_to_openblas():
    command = ["make", "--dry-run", "bench"]
    run = subprocess.run(command, cwd=speed.HERE.parent, capture_output=True, text=True, check=True)
    lines = [line for line in run.stdout.splitlines() if re.search(r"benchmarks/\w+\.py", line)]
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE ")
