"""Print the numbers of RECORDED in test_optimizer.py from PyTorch: ``python record_optimizers.py``."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from kernels.test_optimizer import HYPER, NOT_IN_PYTORCH, torch_steps

for name in HYPER.keys() - set(NOT_IN_PYTORCH):
    print(f'    "{name}": {[float(w) for w in torch_steps(torch, name)]},')
