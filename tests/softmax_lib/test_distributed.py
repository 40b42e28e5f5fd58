"""Workers that share a file compute what one process computes, also when one of them dies."""

import importlib
import os
import re
import signal
import sys

import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from objectives import assert_same

from softmax_lib import distributed, lbfgs, sgd
from softmax_lib.blocked import Objective, sums
from softmax_lib.distributed import DistributedObjective


def cluster(workers):
    return LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0")


@pytest.fixture(scope="module")
def client():
    with cluster(2) as processes, Client(processes) as client:
        yield client


@pytest.fixture
def files(tmp_path):
    def save(M=3001, m=12, C=5, dtype=np.float32):
        rng = np.random.default_rng(0)
        np.save(tmp_path / "X.npy", (20 * rng.standard_normal((M, m))).astype(dtype))
        np.save(tmp_path / "y.npy", rng.integers(0, C, M).astype(np.uint8))
        return tmp_path / "X.npy", tmp_path / "y.npy"

    return save


def in_one_process(X, y, C, lam):
    return Objective(np.load(X), np.load(y), C, lam, bias=True)


def weights(shape, seed=0):
    return 0.01 * np.random.default_rng(seed).standard_normal(shape)


def fit(objective, **options):
    return lbfgs(np.zeros(objective.shape), objective, tolerance=1e-9, **options)


def spoil(path, change):
    np.save(path, change(np.load(path)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
@pytest.mark.parametrize("parts", [None, 1, 7, 80])
def test_loss_and_derivatives_are_those_of_one_process_within_1e_12(client, files, dtype, parts):
    X, y = files(dtype=dtype)
    here = in_one_process(X, y, 5, 0.5)
    there = DistributedObjective(X, y, 5, np.float16(0.5), client=client, parts=parts)
    assert type(there(weights(there.shape))[0]) is float
    W, V = weights(here.shape), weights(here.shape, seed=1)
    assert_same(there(W), here(W))
    assert_same([there.hessian_product(W, V)], [here.hessian_product(W, V)])
    assert_same([there.gram(), there.gram(W)], [here.gram(), here.gram(W)])


def test_the_same_parts_give_the_same_bits_on_any_number_of_workers(client, files):
    X, y = files()
    W = weights((5, 13))
    L, G = DistributedObjective(X, y, 5, client=client, parts=20)(W)
    with cluster(1) as processes, Client(processes) as other:
        L_other, G_other = DistributedObjective(X, y, 5, client=other, parts=20)(W)
    assert L_other == L
    np.testing.assert_array_equal(G_other, G)


def test_a_worker_killed_in_the_middle_of_a_fit_changes_no_bit_of_it(files, tmp_path):
    X, y = files()
    killed = tmp_path / "killed"

    def deadly_sums(*arguments):
        try:
            killed.touch(exist_ok=False)  # once, by the first task that comes here
        except FileExistsError:
            return sums(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    class Interrupted(DistributedObjective):
        evaluations = 0

        def _total(self, kernel, *matrices):
            self.evaluations += kernel is sums
            dies = kernel is sums and self.evaluations == 5
            return super()._total(deadly_sums if dies else kernel, *matrices)

    with cluster(2) as processes, Client(processes) as client:
        undisturbed = fit(DistributedObjective(X, y, 5, client=client, parts=4)).W
        interrupted = Interrupted(X, y, 5, client=client, parts=4)
        np.testing.assert_array_equal(fit(interrupted).W, undisturbed)
    assert killed.exists()
    assert interrupted.evaluations > 5


def test_the_only_worker_may_die_between_two_evaluations(files):
    X, y = files()
    with cluster(1) as processes, Client(processes) as client:
        objective = DistributedObjective(X, y, 5, client=client)
        W = weights(objective.shape)
        before = objective(W)
        (worker,) = client.run(os.getpid).values()
        os.kill(worker, signal.SIGKILL)
        for expected, again in zip(before, objective(W), strict=True):
            np.testing.assert_array_equal(again, expected)


def test_mini_batches_are_refused(client, files):
    objective = DistributedObjective(*files(), 5, client=client)
    message = "^objective must have its rows here for mini-batches, got a DistributedObjective$"
    with pytest.raises(ValueError, match=message):
        sgd(weights((5, 13)), objective, batch_size=10, rng=np.random.default_rng(0))


def test_without_a_client_it_starts_processes_of_its_own_and_ends_them(files):
    X, y = files()
    with DistributedObjective(X, y, 5) as objective:
        processes = objective.client.run(os.getpid).values()
        assert len(processes) >= 1
        assert os.getpid() not in processes
        assert_same(objective(weights((5, 13))), in_one_process(X, y, 5, 0.0)(weights((5, 13))))
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_client_given_stays_open(client, files):
    with DistributedObjective(*files(), 5, client=client):
        pass
    assert client.submit(abs, -1).result() == 1


def test_no_task_maps_more_of_the_file_at_a_time_than_the_limit(client, files, monkeypatch):
    monkeypatch.setattr(distributed, "MAPPED", 10_000)
    X, y = files(m=10, dtype=np.float64)
    objective = DistributedObjective(X, y, 5, 0.1, client=client)
    W = weights((5, 11))
    assert_same(objective(W), in_one_process(X, y, 5, 0.1)(W))

    def rows_and_excess(W, X, y, weights):
        return (np.array([len(X), X.features.nbytes > 10_000]),)

    assert objective._total(rows_and_excess, None)[0].tolist() == [3001, 0]


def test_a_worker_gets_the_same_rows_in_every_pass(client, files):
    X, y = files()
    spoil(X, lambda X: np.arange(len(X))[:, None] * np.ones(X.shape[1]))  # rows know their number
    objective = DistributedObjective(X, y, 5, client=client)

    def process_of_part(W, X, y, weights):
        return (np.where([X.features[0, 0] == 0, X.features[0, 0] > 0], os.getpid(), 0),)

    passes = [tuple(objective._total(process_of_part, None)[0]) for _ in range(5)]
    assert set(passes[0]) == set(client.run(os.getpid).values())
    assert len(set(passes)) == 1


def test_weights_larger_than_10_MB_go_out_without_a_warning_each_time_anew(client, files):
    X, y = files(M=2, m=700_000, C=2, dtype=np.int8)
    here, there = in_one_process(X, y, 2, 0.0), DistributedObjective(X, y, 2, client=client)
    for W in (np.zeros(here.shape), 1e-3 * weights(here.shape)):
        assert_same(there(W), here(W))


@pytest.mark.parametrize(
    ("spoilt", "change", "arguments", "message"),
    [
        (0, lambda X: X[:, 0], {}, "must have shape (M, m), each at least 1, got (3001,)"),
        (0, lambda X: X[:, :0], {}, "must have shape (M, m), each at least 1, got (3001, 0)"),
        (0, lambda X: X.astype(str), {}, "must hold real numbers, got an array of <U"),
        (0, lambda X: X[:-1], {}, "y must have one label for each row of X, 3000, got 3001"),
        (1, lambda y: y + (y == 4), {}, "labels must lie in 0..4 (C = 5 classes), got 5 at index"),
        (1, np.copy, {"C": 1}, "C must be a whole number of at least 2 classes, got 1"),
        (1, np.copy, {"lam": -1.0}, "lam must be finite and not negative, got -1.0"),
        (1, np.copy, {"parts": 0}, "parts must be positive and finite, got 0"),
        (1, np.copy, {}, "client must be a Client, as Client('tcp://head:8786'), got str"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_task(files, spoilt, change, arguments, message):
    paths = files()
    spoil(paths[spoilt], change)
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        DistributedObjective(*paths, **({"C": 5, "client": "not asked"} | arguments))


@pytest.mark.parametrize("content", [b"1,2,3\n", None, b""], ids=["text", "cut off", "missing"])
def test_what_is_no_whole_npy_file_is_named(files, content):
    X, y = files()
    X.write_bytes(content or X.read_bytes()[:-1])
    expected, message = ValueError, f"{X} must be a whole .npy file: "
    if content == b"":
        X.unlink()
        expected, message = FileNotFoundError, str(X)
    with pytest.raises(expected, match=re.escape(message)):
        DistributedObjective(X, y, 5, client="not asked")


def test_a_client_without_workers_is_refused(files):
    message = "^client must have at least one worker, got none"
    with (
        cluster(0) as processes,
        Client(processes) as client,
        pytest.raises(ValueError, match=message),
    ):
        DistributedObjective(*files(), 5, client=client)


def test_what_fails_on_a_worker_is_told_with_the_rows(client, files):
    X, y = files()
    spoil(X, lambda X: np.where(np.arange(X.size).reshape(X.shape) == 12 * 2005 + 3, np.nan, X))
    message = r"X must be finite, got nan at \[505, 3\]\nin rows 1500 to 3000 of .*X.npy"
    with pytest.raises(ValueError, match=message):
        DistributedObjective(X, y, 5, client=client, parts=2)


def test_a_file_that_vanishes_during_a_fit_is_named(client, files):
    X, y = files()
    objective = DistributedObjective(X, y, 5, client=client)
    X.unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(str(X))):
        objective(np.zeros((5, 13)))


def test_a_file_that_loses_rows_during_a_fit_is_named(client, files):
    X, y = files()
    objective = DistributedObjective(X, y, 5, client=client)
    files(M=3000)
    with pytest.raises(ValueError, match="fewer rows than when the objective was made\nin rows 15"):
        objective(np.zeros((5, 13)))


def test_without_dask_the_import_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.delitem(sys.modules, "softmax_lib.distributed")
    with pytest.raises(ModuleNotFoundError, match=re.escape("pip install 'dask[distributed]'")):
        importlib.import_module("softmax_lib.distributed")
