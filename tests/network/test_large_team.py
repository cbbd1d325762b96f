"""A team of 64 threads, on however few cores: all of them run, and they compute the bits of one thread."""

import os

import numpy as np
import pytest

from network.networks import OPTIMIZERS, make_plan, training_arguments

N_THREADS = 64
N = 2048  # examples of a batch: 64 times the widest unit of columns, which is 32 examples (float32, AVX-512)

# wide enough that a step has work for 64 threads between all of its barriers
PLAIN = make_plan((64, 160, 128, 3), "relu", "softmax", "categorical_cross_entropy", keep=0.8, l2=0.01,
                  optimizer="adam", hyper=OPTIMIZERS["adam"])  # fmt: skip
BARRIERS = make_plan((64, 160, 128, 3), "relu", "softmax", "categorical_cross_entropy", keep=0.8, l1=0.001,
                     optimizer="adam", hyper=OPTIMIZERS["adam"], batch_norm=(True, True, False),
                     clip_norm=0.5)  # fmt: skip


class Tasks:
    """In the place of `cancel`: counts the threads of the process once a training runs, and ends it."""

    def __init__(self):
        self.before, self.during = self.count(), 0
        self.asked = 0

    @staticmethod
    def count():
        return len(os.listdir("/proc/self/task"))

    def is_set(self):
        self.asked += 1
        if self.asked > 1:  # the first time is before the call starts its threads
            self.during = self.count()
        return self.asked > 1


@pytest.mark.parametrize("plan", [PLAIN, BARRIERS], ids=["dropout", "dropout, batch norm, clipping"])
def test_the_same_bits_as_one_thread(core, dtype, plan):
    """Two batches an epoch, the second one smaller than 64 units of columns."""
    results = []
    for n_threads in (1, N_THREADS):
        arguments = training_arguments(plan, np.random.default_rng(3), dtype, N + 900, N, n_epochs=2)
        assert core.network_train(*arguments, n_threads) == 2
        results.append(arguments[1:])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted as Linux tells them")
@pytest.mark.parametrize("plan", [PLAIN, BARRIERS], ids=["dropout", "dropout, batch norm, clipping"])
def test_so_many_threads_run(core, dtype, plan):
    """Otherwise the test above would compare fewer threads than it says."""
    arguments = training_arguments(plan, np.random.default_rng(3), dtype, N, N, n_epochs=2000, shuffled=False)
    tasks = Tasks()
    core.network_train(*arguments, N_THREADS, tasks)
    assert tasks.during - tasks.before == N_THREADS - 1
