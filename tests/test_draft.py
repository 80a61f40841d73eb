"""A study that is drafted from a document: it is valid, its quotes are found, and it runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from refashion.__main__ import main
from refashion.audit import audit
from refashion.audit.draft import writing
from refashion.audit.draft.drafting import Draft, draft
from refashion.spec import quotes
from refashion.spec.study import Study, load_study, read_files
from support.clone import Clone

IRIS = """\
# Two classifiers of flowers

We use the iris data set of scikit-learn. A fifth of the flowers is held out:

```python
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.2, random_state=42, stratify=y)
forest = RandomForestClassifier(n_estimators=50, max_depth=3, random_state=42)
knn = sklearn.neighbors.KNeighborsClassifier(n_neighbors=5)
```

## Results

The random forest reached an accuracy of 0.967 on the test set. Its classification report:

Random forest:

```
              precision    recall  f1-score   support

      setosa       1.00      1.00      1.00        10
  versicolor       0.91      1.00      0.95        10
   virginica       1.00      0.90      0.95        10

    accuracy                           0.97        30
   macro avg       0.97      0.97      0.97        30
weighted avg       0.97      0.97      0.97        30
```

| Model | Test accuracy |
|---|---|
| Random forest | 0.967 |
| KNN | 1.000 |
"""
NETWORK = """\
# Clothes

A CNN is trained on Fashion-MNIST for 3 epochs, with pixels divided by 255. The categories are
T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, or ankle boot.

## CNN

```python
model = keras.Sequential([
    layers.Conv2D(32, (3, 3), activation=LeakyReLU(alpha=0.1), input_shape=(28, 28, 1)),
    layers.MaxPooling2D((2, 2)),
    layers.Flatten(),
    layers.Dense(num_classes, activation="softmax", kernel_regularizer=l2(0.01)),
])
model.compile(optimizer=keras.optimizers.Adam(lr=0.0005), loss="sparse_categorical_crossentropy")
model.fit(x, y, batch_size=64, epochs=3, validation_split=0.2)
```

CNN model:

```
Epoch 1/3
750/750 [==] - 5s 7ms/step - loss: 0.6012 - accuracy: 0.7923 - val_loss: 0.4501 - val_accuracy: 0.8
Epoch 2/3
750/750 [==] - 5s 7ms/step - loss: 0.4012 - accuracy: 0.8523 - val_loss: 0.4001 - val_accuracy: 0.8
Epoch 3/3
750/750 [==] - 5s 7ms/step - loss: 0.3512 - accuracy: 0.8723 - val_loss: 0.3701 - val_accuracy: 0.9
```

The CNN has an accuracy of 86.1 % on the test set. We see that trousers have the
highest recall.
"""
UNKNOWN = """\
# Hearts

We predict a disease from the records of a hospital.

The LSTM reached a test accuracy of 0.85. The random forest reached a test accuracy of 0.88.
"""
HOSTILE = """\
# {{ config }} "a": [b]

## Results of XGBoost: {% raw %} !!python/object/apply:os.system ["touch pwned"]

XGBoost: *alias &anchor

Test accuracy: 0.91

| Model | Accuracy |
|---|---|
| Random forest | 0.88 |
| "evil": {a: b} # x | 0.9 |
| ../../etc/passwd | 0.95 |
| no | 0.95 |

XGBoost:

```
              precision    recall  f1-score   support

   a: "b" #c      0.91      1.00      0.95        10
   {{ x }}        1.00      0.90      0.95        10
   null           1.00      0.90      0.95        10

    accuracy                           0.93        30
```

```python
forest = RandomForestClassifier(n_estimators=open("pwned", "w"), max_depth=__import__("os"))
model = Sequential([Dense(open("pwned", "w"), activation="relu"), Dense(3, activation="softmax")])
```
"""
DOCUMENTS = {"iris": IRIS, "network": NETWORK, "unknown": UNKNOWN, "hostile": HOSTILE}


def drafted(folder: Path, text: str) -> tuple[Draft, Path]:
    """Draft a study of a text in a folder of its own."""
    document = folder / "report.md"
    document.write_text(text, encoding="utf-8")
    found = draft(audit.audit(document))
    study = folder / "my_report"
    study.mkdir()
    writing.write(found, study)
    return found, study


def loaded(folder: Path, text: str) -> Study:
    return load_study(drafted(folder, text)[1])


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_draft_is_valid_and_its_quotes_are_found(text, tmp_path):
    found, folder = drafted(tmp_path, text)
    study = load_study(folder)
    assert study.runs and study.claims
    listed = [*quotes.quotes_of(read_files(folder)[0])]
    whole = quotes.single_blanks(found.source.audit.document.text)
    assert len(listed) == len(study.claims) + len(study.untestable)
    assert [quote for quote in listed if not quotes.is_quoted(quote.text, whole)] == []


def test_what_a_report_states_is_in_the_draft(tmp_path):
    study = loaded(tmp_path, IRIS)
    assert study.described.sklearn == "iris"
    part = study.split.test
    assert (part.fraction, part.random_state, part.stratify) == (0.2, 42, True)
    forest = study.runs["random_forest"]
    assert forest.model == "sklearn.ensemble.RandomForestClassifier"
    assert (forest.settings["n_estimators"], forest.settings["max_depth"]) == (50, 3)
    assert study.runs["knn"].model == "sklearn.neighbors.KNeighborsClassifier"
    claims = {claim.id: claim for claim in study.claims}
    value = claims["random_forest_accuracy_test"]
    assert (value.reported, value.tolerance, value.split) == ("0.967", 0.01, "test")
    table = claims["random_forest_test_report"]
    assert table.rows["versicolor"] == "0.91 1.00 0.95 10"
    assert table.rows["accuracy"] == "- - 0.97 30"
    assert claims["results_test"].rows == {"random_forest": "0.967", "knn": "1.000"}


def test_a_listed_network_becomes_a_run(tmp_path):
    study = loaded(tmp_path, NETWORK)
    (run,) = study.runs.values()
    settings = run.settings
    assert run.model == "keras"
    assert settings["layers"] == [
        {"Conv2D": {"filters": 32, "kernel_size": [3, 3]}},
        {"LeakyReLU": {"negative_slope": 0.1}},
        {"MaxPooling2D": {"pool_size": [2, 2]}},
        "Flatten",
        {
            "Dense": {
                "units": 10,
                "activation": "softmax",
                "kernel_regularizer": {"l2": {"l2": 0.01}},
            }
        },
    ]
    assert settings["optimizer"]["Adam"]["learning_rate"] == 0.0005
    assert (settings["batch_size"], settings["epochs"]) == (64, 3)
    assert "num_classes" in run.assumes["layers"].why
    assert study.split.validation.model_dump(exclude_defaults=True) == {
        "fraction": 0.2,
        "shuffle": False,
    }
    log = next(claim for claim in study.claims if getattr(claim, "table", "") == "history")
    assert log.rows["3"] == "0.3512 0.8723 0.3701 0.9"
    extreme = next(claim for claim in study.claims if claim.kind == "extreme")
    assert (extreme.of_class, extreme.metric, extreme.extreme) == ("Trouser", "recall", "highest")


def test_what_is_not_known_is_told(tmp_path):
    found, folder = drafted(tmp_path, UNKNOWN)
    study = load_study(folder)
    assert study.described.csv == "data.csv"
    assert study.runs["lstm"].model == "undescribed"
    head = (folder / "study.yaml").read_text(encoding="utf-8").partition("title:")[0]
    told = " ".join(line.lstrip("# ") for line in head.splitlines())
    for text in found.decisions:
        assert text in told
    assert any(text.startswith("dataset: ") for text in found.decisions)
    assert any(text.startswith("runs.lstm: describe") for text in found.decisions)


def test_numbers_of_other_data_are_untestable(tmp_path):
    text = NETWORK + "\n## Prices of flights\n\nRidge Regression:\n\nMSE: 45720648.2\n"
    study = loaded(tmp_path, text)
    assert [entry.quote for entry in study.untestable] == ["MSE: 45720648.2"]


def test_a_claim_that_lacks_something_is_a_comment(tmp_path):
    text = IRIS + "\nThe KNN has a precision of 0.98 on the test set.\n"
    _, folder = drafted(tmp_path, text)
    claims = (folder / "claims.yaml").read_text(encoding="utf-8")
    assert re.search(r"(?m)^  # Lacks: .*average.*\n  # - id: knn_precision_test$", claims)
    assert "knn_precision_test" not in {claim.id for claim in load_study(folder).claims}


def test_a_hostile_text_stays_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = loaded(tmp_path, HOSTILE)
    assert study.classes == ['a: "b" #c', "{{ x }}", "null"]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", run) for run in study.runs)
    forest = study.runs["random_forest"]
    assert {"n_estimators", "max_depth"} <= {*forest.assumes}  # neither is a plain number
    assert not [*tmp_path.rglob("pwned")]


def test_the_command_says_what_to_decide(project, tmp_path, monkeypatch, capsys):
    (tmp_path / "studies").mkdir()
    (tmp_path / "report.md").write_text(UNKNOWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["new-study", "hearts", "--from", "report.md"]) == 0
    printed = capsys.readouterr().out
    assert "2 runs, 1 of them described" in printed
    assert "runs.lstm: describe the model" in printed
    assert sorted(path.name for path in (tmp_path / "studies" / "hearts").iterdir()) == [
        "claims.yaml",
        "models",
        "study.yaml",
    ]
    assert main(["new-study", "hearts", "--from", "report.md"]) == 1
    assert "exists; accepted: a new name" in capsys.readouterr().err
    assert main(["new-study", "lungs", "--from", "nothing.pdf"]) == 1
    assert "nothing.pdf" in capsys.readouterr().err


@pytest.mark.slow
def test_from_a_document_to_verdicts(tmp_path_factory, project, request):
    folder = Clone(
        tmp_path_factory.mktemp("a fresh clone"), project, request.getfixturevalue("data")
    )
    text = IRIS + "\nThe LSTM reached an accuracy of 0.9 on the test set.\n"
    _, study = drafted(tmp_path_factory.mktemp("a draft"), text)
    study.rename(folder.path / "studies" / "my_report")
    done = folder.snakemake("studies=my_report", "limits={examples: null, epochs: null}")
    assert done.returncode != 0  # the LSTM is still to be described
    rows = json.loads(folder.layout.verdicts_json.read_text())
    verdicts = {row["id"]: row["verdict"] for row in rows}
    assert verdicts["results_test"] == "exact"
    assert verdicts["classification_report"] == "consistent"
    (untold,) = [row for row in rows if row["id"] == "lstm_accuracy_test"]
    assert untold["verdict"] == "not_run"
    assert "could not tell what this model is" in folder.layout.report_html.read_text()
