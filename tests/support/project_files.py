"""The files of a small project: config.yaml and one study, to be changed a key at a time."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml

STUDY_FILE = "studies/cnn_vs_gru/study.yaml"

ABSENT = object()

OPTIONS = {
    "studies": "all",
    "groups": ["headline"],
    "seeds": 1,
    "threads": 1,
    "data_dirs": [],
    "study_dirs": ["studies"],
    "on_missing_data": "report",
    "seed_sd_prior": 0.003,
    "limits": {"minutes": 120, "examples": None, "epochs": None},
    "data": "data",
    "results": "results",
}

SETTINGS = {
    "filters": [32, 64],
    "kernel_size": 3,
    "padding": ["same", "same"],
    "activation": "leaky_relu",
    "negative_slope": 0.1,
    "batch_normalization": False,
    "pooling": "max",
    "pool_size": [2, 2],
    "pool_padding": "same",
    "block_dropout": [0.25, 0.25],
    "units": [128],
    "dropout": [0.5],
    "l2": 0,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "momentum": 0.0,
    "loss": "categorical_crossentropy",
    "batch_size": 128,
    "epochs": 20,
    "schedule": {"constant_epochs": 8, "decay": 0.1},
    "early_stopping": None,
    "keep_best": False,
}

STUDY = {
    "title": "CNN against GRU",
    "source": {"citation": "Somebody, 2023", "note": "a student report"},
    "dataset": "fashion_mnist",
    "split": {"test": "given", "validation": {"fraction": 0.2}},
    "preprocess": {"divide_by": 255},
    "assumes": {"split": "not stated"},
    "runs": {
        "cnn": {
            "title": "CNN",
            "group": "headline",
            "minutes": 6,
            "model": "cnn",
            "settings": SETTINGS,
            "assumes": {"filters": "usual", "schedule.decay": "example", "l2": "none named"},
        },
        "cnn_5_epochs": {
            "like": "cnn",
            "title": "CNN, 5 epochs",
            "group": "ablation",
            "settings": {"epochs": 5, "schedule": None},
            "assumes": {"epochs": "read off a figure"},
        },
    },
    "claims": [
        {
            "id": "cnn_accuracy",
            "where": "Table 1",
            "quote": "an accuracy of 0.919",
            "kind": "value",
            "run": "cnn",
            "metric": "accuracy",
            "split": "test",
            "reported": "0.919",
            "tolerance": 0.01,
        }
    ],
}
CLAIM = STUDY["claims"][0]


def changed(content: dict[str, Any], keys: str, value: Any) -> dict[str, Any]:
    """Copy a file's content with one value set, added or (ABSENT) removed."""
    content = copy.deepcopy(content)
    *way, last = [int(key) if key.isdigit() else key for key in keys.split("/")]
    place = content
    for key in way:
        place = place[key]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return content


def as_yaml(content: Any) -> str:
    """Dump without anchors, which PyYAML writes for an object that stands in two places."""
    return yaml.safe_dump(json.loads(json.dumps(content)), sort_keys=False)


def write(root: Path, options: Any = OPTIONS, **studies: Any) -> None:
    (root / "config.yaml").write_text(as_yaml(options))
    for name, content in studies.items():
        (root / "studies" / name).mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else as_yaml(content)
        (root / "studies" / name / "study.yaml").write_text(text)
