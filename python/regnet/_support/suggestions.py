"""Keyword arguments of other libraries and what to write instead: one table of names per callable.

`keywords` imports this module when an argument is unknown.
"""

from __future__ import annotations

__all__ = ["SUGGESTIONS", "SUGGESTIONS_FOR"]


def table(**names_of: str) -> dict[str, str]:
    """Invert {key of `SUGGESTIONS`: names} to {name: suggestion}."""
    return {name: SUGGESTIONS[key] for key, names in names_of.items() for name in names.split()}


SUGGESTIONS = {
    "optimizer": "optimizer=rn.Adam(0.01)",
    "momentum": "optimizer=rn.Momentum(0.01, beta=0.9)",
    "schedule": "optimizer=rn.Adam(0.01, schedule=rn.Cosine())",
    "decay": "optimizer=rn.AdamW(0.001, weight_decay=0.01)",
    "progress": "progress=True",
    "share": "validation=0.2",
    "held_out": "validation=(X_val, y_val)",
    "shuffle": "nothing: small batches are shuffled anew in each epoch, a full batch need not be",
    "epochs": "epochs=100",
    "batch_size": "batch_size=128",
    "penalty": "penalty=rn.L2(0.7)",
    "penalty_l1": "penalty=rn.L1(0.7)",
    "train_penalty": "train(..., penalty=rn.L2(0.7))",
    "train_optimizer": "train(..., optimizer=rn.Adam(0.01))",
    "train_epochs": "train(..., epochs=100)",
    "stopping": "callbacks=[rn.EarlyStopping(patience=10)]",
    "of_layers": "it in the model: Model.mlp(..., keep_prob=0.8) or Dense(..., keep_prob=0.8)",
    "of_model": "it in the model: Model(..., seed=0)",
    "loss": "it in the model: Model(..., loss=...); sigmoid and softmax imply theirs",
    "score": "validation=..., whose score is the accuracy or R^2",
    "threads": "n_threads=4",
    "clip_norm": "clip_norm=1.0",
    "class_weight": "class_weight='balanced' or {label: weight}",
    "keep_prob": "keep_prob=0.8, the share of units that is kept",
    "sizes": "sizes=[2, 20, 1], units from the inputs to the outputs, as the first argument",
    "output": 'output="identity" (or "sigmoid", "softmax")',
    "init": 'init="he" (or "xavier", "glorot", "normal", "zeros")',
    "seed": "seed=0",
    "units": "units=8, the first argument",
    "inputs": "Input(n_features) as the model's first layer",
    "batch_norm": "batch_norm=True",
    "keep_prob_there": "it in its layers: Dense(..., keep_prob=0.8)",
    "init_there": 'it in its layers: Dense(..., init="he")',
    "batch_norm_there": "it in its layers: Dense(..., batch_norm=True)",
    "max_norm": "max_norm=2.0",
    "bias": "nothing: every layer has a bias",
    "noise": "noise=0.1",
    "rate": "learning_rate=0.01, the first argument",
    "betas": "beta1=0.9, beta2=0.999",
    "beta1": "beta1=0.9",
    "beta2": "beta2=0.999",
    "beta": "beta=0.9",
    "epsilon": "epsilon=1e-8",
    "nesterov": 'form="nesterov"',
    "use_momentum": "rn.Momentum(0.01, beta=0.9)",
    "use_adamw": "rn.AdamW(0.001, weight_decay=0.01)",
    "own_schedule": "schedule=rn.Exponential(0.95) or another schedule",
    "train_clip": "train(..., clip_norm=1.0)",
    "lam": "lam=0.7, the first argument",
    "slower": "rate=1.0",
    "base": "base=0.95",
    "every": "every=10",
    "factor": "factor=0.5",
    "final": "final=0.0, as a share of the learning rate",
    "horizon": "nothing: it lasts as long as the training",
    "peak": "nothing: the optimiser's learning rate is the peak",
    "rise": "rise=0.3",
    "steps": "steps=100",
    "best": "nothing: the best weights are always restored",
    "direction": 'direction="min" (or "max")',
    "min_rate": "min_rate=1e-5",
    "patience": "patience=10",
    "fractions": "fractions=(0.6, 0.2, 0.2)",
    "always_shuffled": "nothing: the rows are always shuffled, by the seed",
    "lowest": "lowest=1e-6",
    "highest": "highest=1",
    "n_steps": "n_steps=100",
}

SEED = "random_state random_seed rng_seed"
OPTIMIZER = {
    "rate": "lr alpha eta rate step_size learning_rate_init init_lr",
    "own_schedule": "decay lr_decay decay_rate lr_schedule scheduler learning_rate_schedule",
    "train_clip": "clipnorm clip_norm clipvalue clip_value global_clipnorm max_grad_norm",
}
ADAM = {
    "betas": "betas",
    "beta1": "beta_1 b1",
    "beta2": "beta_2 b2",
    "epsilon": "eps",
}
DROPOUT = "dropout_rate drop_rate p_dropout drop_prob"
INIT = "initializer kernel_initializer weight_init initialization init_method"
BATCH_NORM = "batchnorm batch_normalization bn"
MODEL = {
    "seed": SEED,
    "train_optimizer": "optimizer learning_rate lr solver learning_rate_init",
    "train_penalty": "penalty lambd lam l2 alpha weight_decay regularizer kernel_regularizer",
    "train_epochs": "epochs max_iter n_epochs num_epochs num_iterations",
}
SUGGESTIONS_FOR: dict[str, dict[str, str]] = {
    "train": table(
        optimizer="learning_rate lr alpha eta learning_rate_init solver optim",
        momentum="momentum",
        schedule="schedule scheduler lr_schedule lr_scheduler learning_rate_schedule decay decay_rate",
        decay="weight_decay",
        progress="verbose verbosity show_progress print_cost disp",
        share="validation_split val_split validation_fraction test_size",
        held_out="validation_data val_data eval_set validation_set dev X_val",
        shuffle="shuffle",
        epochs="n_epochs num_epochs nb_epoch max_epochs max_iter n_iter iterations num_iterations",
        batch_size="mini_batch_size minibatch_size bs",
        penalty="lambd lam lambda_ l2 reg regularization regularizer",
        penalty_l1="l1",
        stopping="early_stopping patience n_iter_no_change early_stopping_rounds",
        of_layers="keep_prob dropout dropout_rate",
        of_model=f"seed {SEED}",
        loss="loss loss_function criterion",
        score="metrics scoring metric",
        threads="n_jobs num_threads nthread threads workers",
        clip_norm="clipnorm grad_clip gradient_clip max_grad_norm gradient_clip_val",
        class_weight="class_weights balanced",
    ),
    "check_gradients": table(epsilon="eps h step"),
    "find_learning_rate": table(
        lowest="min_lr start_lr lr_min init_value low start",
        highest="max_lr end_lr lr_max final_value high end",
        n_steps="num_iter n_iter steps num_training",
    ),
    "split": table(
        fractions="test_size train_size dev_size val_size validation_split shares",
        seed=SEED,
        always_shuffled="shuffle",
    ),
    "Model": table(
        **MODEL,
        keep_prob_there=f"keep_prob dropout {DROPOUT}",
        init_there=f"init {INIT}",
        batch_norm_there=f"batch_norm {BATCH_NORM}",
    ),
    "Model.mlp": table(
        **MODEL,
        keep_prob=f"dropout {DROPOUT}",
        init=INIT,
        batch_norm=BATCH_NORM,
        sizes="layers layer_sizes layers_dims layer_dims hidden hidden_layers hidden_layer_sizes "
        "hidden_sizes hidden_units units",
        output="output_activation out_activation final_activation",
    ),
    "Input": table(
        units="n_features shape input_shape input_dim features in_features",
        keep_prob=f"rate p {DROPOUT}",
        noise="sigma std stddev noise_std",
    ),
    "Dense": table(
        units="n n_units size output_dim out_features width",
        keep_prob=f"rate p {DROPOUT}",
        inputs="in_features input_dim input_shape n_inputs",
        init=INIT,
        penalty="kernel_regularizer regularizer l2 weight_decay",
        max_norm="kernel_constraint maxnorm",
        batch_norm=BATCH_NORM,
        bias="use_bias bias",
    ),
    "GradientDescent": table(**OPTIMIZER, use_momentum="momentum beta nesterov", use_adamw="weight_decay"),
    "Momentum": table(**OPTIMIZER, beta="momentum mu gamma", nesterov="nesterov", use_adamw="weight_decay"),
    "RMSprop": table(**OPTIMIZER, beta="rho smoothing", epsilon="eps", use_adamw="weight_decay"),
    "Adam": table(**OPTIMIZER, **ADAM, use_adamw="weight_decay"),
    "AdamW": table(**OPTIMIZER, **ADAM),
    "L0": table(lam="alpha lambd lambda_ l0 strength weight coef"),
    "L1": table(lam="alpha lambd lambda_ l1 strength weight coef"),
    "L2": table(lam="alpha lambd lambda_ l2 strength weight coef weight_decay"),
    "InverseTime": table(slower="decay decay_rate k"),
    "Exponential": table(base="gamma decay decay_rate rate factor"),
    "Staircase": table(every="step_size step decay_steps epochs_drop", factor="gamma drop decay_rate"),
    "Cosine": table(final="eta_min alpha min_lr", horizon="T_max decay_steps total_steps"),
    "OneCycle": table(peak="max_lr", rise="pct_start", horizon="total_steps epochs steps_per_epoch"),
    "Warmup": table(steps="warmup_steps n_steps num_warmup_steps"),
    "EarlyStopping": table(
        best="restore_best_weights save_best",
        direction="mode",
        patience="n_iter_no_change rounds",
    ),
    "ReduceOnPlateau": table(direction="mode", min_rate="min_lr", patience="n_iter_no_change"),
}
