"""Writes optimizers.npz: what Keras' optimizers and schedules do, in float64.

Run by hand where Keras and PyTorch are installed::

    KERAS_BACKEND=torch python tests/reference/make_optimizers.py

A case is named after itself: `Adam {"amsgrad": true}`. Its rows are all parameters, flat, after the
steps in `rows`, and once more after finalize_variable_values if averages are kept.
"""

import json
from pathlib import Path

import keras
import numpy as np
import torch

keras.config.set_floatx("float64")

SHAPES = {"kernel": (2, 3), "bias": (3,), "embedding": (3, 2), "cube": (1, 2, 2)}
STEPS = 20
ROWS = (1, 2, 3, 5, 8, 13, 20)
EXPONENTIAL = {
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5}
}
COSINE = {
    "CosineDecay": {
        "initial_learning_rate": 0.01,
        "decay_steps": 10,
        "warmup_target": 0.1,
        "warmup_steps": 4,
    }
}
PIECES = {"PiecewiseConstantDecay": {"boundaries": [3, 8], "values": [0.1, 0.05, 0.01]}}

CASES = [
    *(
        (name, {})
        for name in (
            "SGD",
            "RMSprop",
            "Adam",
            "AdamW",
            "Adagrad",
            "Adadelta",
            "Adamax",
            "Nadam",
            "Lion",
            "Ftrl",
            "Lamb",
            "Adafactor",
            "Muon",
        )
    ),
    *(
        (name, {"learning_rate": 0.3})
        for name in (
            "SGD",
            "RMSprop",
            "Adam",
            "AdamW",
            "Adagrad",
            "Adadelta",
            "Adamax",
            "Nadam",
            "Lion",
            "Ftrl",
            "Lamb",
            "Adafactor",
            "Muon",
        )
    ),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("RMSprop", {"rho": 0.5, "epsilon": 0.1}),
    ("RMSprop", {"momentum": 0.8}),
    ("RMSprop", {"centered": True, "epsilon": 0.01}),
    ("RMSprop", {"centered": True, "momentum": 0.8, "epsilon": 0.01, "weight_decay": 0.1}),
    ("Adam", {"beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.1}),
    ("Adam", {"beta_2": 0.6, "weight_decay": 0.1, "learning_rate": 0.1}),
    ("Adam", {"amsgrad": True, "beta_2": 0.6}),
    ("Adam", {"amsgrad": True, "beta_2": 0.6, "weight_decay": 0.1}),
    ("AdamW", {"weight_decay": 0.5, "learning_rate": 0.1, "exclude": ["bias", "embed"]}),
    ("Adagrad", {"initial_accumulator_value": 0.5, "epsilon": 0.1, "learning_rate": 0.2}),
    ("Adadelta", {"rho": 0.5, "epsilon": 0.1, "learning_rate": 1.0}),
    ("Adamax", {"beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.1, "learning_rate": 0.1}),
    ("Nadam", {"beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.1, "learning_rate": 0.1}),
    ("Lion", {"beta_1": 0.5, "beta_2": 0.6, "learning_rate": 0.1, "weight_decay": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.2,
            "l2_regularization_strength": 0.3,
            "l2_shrinkage_regularization_strength": 0.4,
            "beta": 0.5,
            "initial_accumulator_value": 0.6,
        },
    ),
    ("Ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.7}),
    ("Lamb", {"beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.1, "weight_decay": 0.1}),
    ("Adafactor", {"beta_2_decay": -0.5, "epsilon_2": 0.5, "clip_threshold": 0.5}),
    ("Muon", {"nesterov": False, "rms_rate": None, "learning_rate": 0.1, "ns_steps": 3}),
    ("Muon", {"exclude_layers": ["kern"], "exclude_embeddings": False, "adam_lr_ratio": 0.5}),
    ("Muon", {"weight_decay": None, "adam_weight_decay": 0.5, "learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.5}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.5}),
    ("Adam", {"learning_rate": 0.1, "global_clipnorm": 2.0, "gradient_accumulation_steps": 3}),
    ("Adam", {"learning_rate": EXPONENTIAL, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": COSINE, "momentum": 0.9}),
    ("SGD", {"learning_rate": PIECES, "gradient_accumulation_steps": 4}),
    ("Nadam", {"learning_rate": 0.1, "gradient_accumulation_steps": 2, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True}),
    (
        "Adam",
        {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    ),
    (
        "SGD",
        {
            "learning_rate": 0.1,
            "use_ema": True,
            "ema_momentum": 0.8,
            "ema_overwrite_frequency": 2,
            "gradient_accumulation_steps": 2,
        },
    ),
]

SCHEDULES = [
    EXPONENTIAL,
    {"ExponentialDecay": EXPONENTIAL["ExponentialDecay"] | {"staircase": True}},
    COSINE,
    {"CosineDecay": {"initial_learning_rate": 0.5, "decay_steps": 17, "alpha": 0.25}},
    PIECES,
    {"InverseTimeDecay": EXPONENTIAL["ExponentialDecay"]},
    {"InverseTimeDecay": EXPONENTIAL["ExponentialDecay"] | {"staircase": True}},
    {"PolynomialDecay": {"initial_learning_rate": 0.5, "decay_steps": 17}},
    {
        "PolynomialDecay": {
            "initial_learning_rate": 0.5,
            "decay_steps": 7,
            "end_learning_rate": 0.1,
            "power": 2.5,
            "cycle": True,
        }
    },
    {"CosineDecayRestarts": {"initial_learning_rate": 0.5, "first_decay_steps": 7}},
    {
        "CosineDecayRestarts": {
            "initial_learning_rate": 0.5,
            "first_decay_steps": 7,
            "t_mul": 1.0,
            "m_mul": 0.5,
            "alpha": 0.1,
        }
    },
    {
        "CosineDecayRestarts": {
            "initial_learning_rate": 0.5,
            "first_decay_steps": 5,
            "t_mul": 1.5,
            "m_mul": 0.9,
        }
    },
    {"OneCycle": {"max_learning_rate": 0.5, "total_steps": 40}},
    {
        "OneCycle": {
            "max_learning_rate": 0.5,
            "total_steps": 33,
            "warmup_share": 0.5,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        }
    },
]
SCHEDULE_STEPS = 40


def schedule(spec):
    ((name, settings),) = spec.items()
    return getattr(keras.optimizers.schedules, name)(**settings)


def trajectory(name, settings, starts, gradients):
    settings = dict(settings)
    excluded = settings.pop("exclude", None)
    if isinstance(settings.get("learning_rate"), dict):
        settings["learning_rate"] = schedule(settings["learning_rate"])
    optimizer = getattr(keras.optimizers, name)(**settings)
    variables = [keras.Variable(a, name=n) for n, a in starts.items()]
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=excluded)
    optimizer.build(variables)
    rows = []

    def note():
        values = [keras.ops.convert_to_numpy(v.value).ravel() for v in variables]
        rows.append(np.concatenate(values))

    for step in range(STEPS):
        optimizer.apply(
            [keras.ops.convert_to_tensor(g[step]) for g in gradients.values()], variables
        )
        if step + 1 in ROWS:
            note()
    if settings.get("use_ema"):
        optimizer.finalize_variable_values(variables)
        note()
    return np.stack(rows)


def rates(spec):
    ((name, settings),) = spec.items()
    if name != "OneCycle":
        f = schedule(spec)
        return np.array([float(f(step)) for step in range(SCHEDULE_STEPS)])
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    settings = dict(settings)
    total = settings["total_steps"]
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        settings.pop("max_learning_rate"),
        total_steps=total,
        cycle_momentum=False,
        pct_start=settings.get("warmup_share", 0.3),
        div_factor=settings.get("div_factor", 25.0),
        final_div_factor=settings.get("final_div_factor", 1e4),
    )
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(found) < total:
            cycle.step()
    return np.array(found)


def main():
    rng = np.random.default_rng(3)
    starts = {n: rng.standard_normal(s) for n, s in SHAPES.items()}
    gradients = {n: rng.standard_normal((STEPS, *s)) for n, s in SHAPES.items()}
    found = {"rows": np.array(ROWS)}
    found |= {f"start {n}": a for n, a in starts.items()}
    found |= {f"gradients {n}": a for n, a in gradients.items()}
    for name, settings in CASES:
        found[f"{name} {json.dumps(settings)}"] = trajectory(name, settings, starts, gradients)
    for spec in SCHEDULES:
        found[f"schedule {json.dumps(spec)}"] = rates(spec)
    np.savez_compressed(Path(__file__).with_name("optimizers.npz"), **found)


if __name__ == "__main__":
    main()
