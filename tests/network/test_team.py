"""A team of threads smaller than was asked for: limits on processes and memory, as containers set them."""

import os
import subprocess
import sys

import pytest

resource = pytest.importorskip("resource", reason="there are no limits on resources here")

# Threads are to be had until their stacks, half a gigabyte each, do not fit into the address space any
# more: a limit on processes does not bind the superuser, as whom containers often run.
STACK = 512 << 20
SCRIPT = """
import resource, sys, threading
import numpy as np
import regnet as rn

many, wanted = int(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
X, y = rng.normal(size=(2000, 64)).astype("f4"), np.arange(2000) % 2
options = {"activation": "tanh", "keep_prob": 0.8, "seed": 1}
alone, team = rn.Model.mlp([64, 400, 400, 1], **options), rn.Model.mlp([64, 400, 400, 1], **options)
rn.train(alone, X, y, epochs=2, batch_size=None, n_threads=1)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
limit = used + (many + 1) * (512 << 20) - (256 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

started = []
def begin():
    started.append(1)
    stop.wait()
stop, threads = threading.Event(), []
try:
    for _ in range(wanted):
        threads.append(threading.Thread(target=begin))
        threads[-1].start()
except RuntimeError:
    pass
stop.set()
for thread in threads[:len(started)]:
    thread.join()
print("threads to be had:", len(started))

rn.train(team, X, y, epochs=2, batch_size=None, n_threads=wanted)
assert np.array_equal(alone.parameters, team.parameters), np.abs(alone.parameters - team.parameters).max()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the size of the process is read from /proc")
@pytest.mark.parametrize("many", [0, 1, 2, 5])
def test_a_training_goes_on_with_the_threads_it_gets_and_the_same_bits(many):
    def limit_stack():
        resource.setrlimit(resource.RLIMIT_STACK, (STACK, resource.getrlimit(resource.RLIMIT_STACK)[1]))

    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(many), "16"],
        preexec_fn=limit_stack,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # each thread's arena would take address space, too
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == f"threads to be had: {many}"
