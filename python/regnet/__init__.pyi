# The public names and their modules: the one list, read by type checkers and, at run time, by __init__.py.
# One name per line; a line that ends with a comment keeps its name out of __all__.
from . import augment as augment
from . import course as course  # not in __all__
from . import datasets as datasets
from . import plotting as plotting  # not in __all__
from .data import split as split
from .data import standardize as standardize
from .data.losses import Loss as Loss
from .models.compression import Sparsity as Sparsity
from .models.initializers import Glorot as Glorot
from .models.initializers import He as He
from .models.initializers import Initializer as Initializer
from .models.initializers import Normal as Normal
from .models.initializers import Xavier as Xavier
from .models.initializers import Zeros as Zeros
from .models.layers import Dense as Dense
from .models.layers import Input as Input
from .models.loading import load as load
from .models.model import Model as Model
from .models.monte_carlo import MonteCarlo as MonteCarlo
from .models.penalties import L0 as L0
from .models.penalties import L1 as L1
from .models.penalties import L2 as L2
from .models.penalties import Penalty as Penalty
from .models.prediction import Evaluation as Evaluation
from .training import DivergenceWarning as DivergenceWarning
from .training import Training as Training
from .training import train as train
from .training.averaging import EMA as EMA
from .training.averaging import SWA as SWA
from .training.averaging import Averaging as Averaging
from .training.averaging import exponential_average as exponential_average
from .training.batches import mini_batches as mini_batches
from .training.callbacks import Callback as Callback
from .training.callbacks import EarlyStopping as EarlyStopping
from .training.callbacks import ReduceOnPlateau as ReduceOnPlateau
from .training.callbacks import TimeBudget as TimeBudget
from .training.diagnosis import Diagnosis as Diagnosis
from .training.diagnosis import diagnose as diagnose
from .training.gradients import GradientCheck as GradientCheck
from .training.gradients import check_gradients as check_gradients
from .training.history import History as History
from .training.manual import ManualControl as ManualControl
from .training.many import fit_many as fit_many
from .training.named_optimizers import optimizer as optimizer
from .training.optimizers import Adam as Adam
from .training.optimizers import AdamW as AdamW
from .training.optimizers import GradientDescent as GradientDescent
from .training.optimizers import Momentum as Momentum
from .training.optimizers import Optimizer as Optimizer
from .training.optimizers import RMSprop as RMSprop
from .training.schedules import Cosine as Cosine
from .training.schedules import Exponential as Exponential
from .training.schedules import InverseSqrt as InverseSqrt
from .training.schedules import InverseTime as InverseTime
from .training.schedules import OneCycle as OneCycle
from .training.schedules import PowerLaw as PowerLaw
from .training.schedules import Schedule as Schedule
from .training.schedules import Staircase as Staircase
from .training.schedules import Table as Table
from .training.schedules import Warmup as Warmup
from .tuning.learning_rate import LearningRateRange as LearningRateRange
from .tuning.learning_rate import find_learning_rate as find_learning_rate
from .tuning.results import SearchResult as SearchResult
from .tuning.searching import search as search
from .tuning.spaces import integers as integers
from .tuning.spaces import log_uniform as log_uniform
from .tuning.spaces import one_minus_log as one_minus_log
from .tuning.spaces import uniform as uniform

__version__: str

def __dir__() -> list[str]: ...
