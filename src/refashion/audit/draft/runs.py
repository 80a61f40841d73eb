"""Runs proposed from the models that a document names and prints results of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refashion.audit.draft import in_code, literals, networks, tasks, vocabulary
from refashion.audit.draft.dataset import Data
from refashion.audit.draft.results_tables import rows_of
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading import models as names
from refashion.audit.reading.readings import Listing, Log, Reading, Setting
from refashion.errors import shown
from refashion.spec.fields import why_invalid
from refashion.spec.writing import similar_name

UNDESCRIBED = "undescribed"
MINUTES = {"sklearn": 0.5, "keras": 2.0, UNDESCRIBED: 2.0}
MOST_RUNS = 60
LONGEST_NAME = 40
LONGEST_SHORT = 4  # letters of names such as KNN
_PACKAGE = "{0}, once {1} is installed and among the packages of config.yaml"
OTHER_PACKAGES = {
    "xgboost": _PACKAGE.format("xgboost.XGBClassifier or XGBRegressor", "xgboost"),
    "lightgbm": _PACKAGE.format("lightgbm.LGBMClassifier or LGBMRegressor", "lightgbm"),
    "catboost": _PACKAGE.format("catboost.CatBoostClassifier or CatBoostRegressor", "catboost"),
}
# Settings of the training, which a text may state once for all models.
_SHARED = ("batch_size", "epochs", "optimizer", "learning_rate", "loss")


@dataclass
class DraftedRun:
    """A run of a draft.

    Attributes
    ----------
    name, title
        Its name in the study, and that in the text.
    key
        Key of its model, see `refashion.audit.belonging.Owner`.
    model
        What stands under `model`.
    settings, assumes
        What stands under these keys.
    minutes
        Its rough duration.
    unclear, stated
        Why the model could not be told, or empty; and the settings that the text states for it.
    notes
        What a person should look at, each a sentence.
    """

    name: str
    title: str
    key: str
    model: str = UNDESCRIBED
    settings: dict[str, Any] = field(default_factory=dict)
    assumes: dict[str, str] = field(default_factory=dict)
    minutes: float = MINUTES[UNDESCRIBED]
    unclear: str = ""
    stated: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Models:
    """What the document says of each model, by key."""

    source: DraftSource
    data: Data
    listings: Mapping[str, Listing]
    settings: Mapping[str | None, Sequence[Setting]]
    logs: Mapping[str | None, Sequence[Log]]
    constructed: Mapping[str, Mapping[str, Any]]
    notes: Mapping[str, list[str]]


def propose(source: DraftSource, data: Data) -> list[DraftedRun]:
    """Propose a run for each model that the document prints results or code of."""
    first = _candidates(source, data)
    built = in_code.constructed(source, data)
    listings, notes = in_code.listings(source, first)
    if not first:
        first = _named(source, data, built)
    models = _Models(
        source,
        data,
        listings,
        _settings(source),
        _logs(source),
        built,
        notes,
    )
    titles = {names.key(each.name): each.name for each in source.audit.readings.models}
    runs: list[DraftedRun] = []
    for key in sorted(first, key=lambda key: first[key])[:MOST_RUNS]:
        name = _unique(_name(key), runs)
        title = titles.get(key) or (key.upper() if len(key) <= LONGEST_SHORT else key)
        run = DraftedRun(name, title[:1].upper() + title[1:], key, notes=[*notes.get(key, ())])
        _tell(run, models)
        runs.append(run)
    return runs or [DraftedRun("model", "The model of the report", "", unclear="no model is named")]


def _name(key: str) -> str:
    name = similar_name(key[:LONGEST_NAME], "model")
    return "model" if why_invalid(name) else name


def _unique(name: str, runs: Sequence[DraftedRun]) -> str:
    taken = {run.name for run in runs}
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, 999))) if n not in taken)


def _candidates(source: DraftSource, data: Data) -> dict[str, int]:
    """Return models with printed results that the task of the data has, and their first lines."""
    readings = source.audit.readings
    found: dict[str, int] = {}

    def add(key: str | None, reading: Reading) -> None:
        if key and not vocabulary.is_of_other_task(key, data.task):
            found[key] = min(found.get(key, reading.first), reading.first)

    for result in readings.results:
        if tasks.is_of_task(result, data):
            add(source.owner(result).model, result)
    for table in readings.tables:
        for key, _ in rows_of(table, source, data):
            add(key, table)
    if data.task == "classification":
        for reading in (*readings.reports, *readings.matrices):
            add(source.owner(reading).model, reading)
    for log in readings.logs:
        if tasks.is_log_plausible(log, data):
            add(source.owner(log).model, log)
    for listing in readings.listings:
        add(source.owner(listing).model, listing)
    return found


def _named(
    source: DraftSource, data: Data, constructed: Mapping[str, Mapping[str, Any]]
) -> dict[str, int]:
    """Return the models that are named and can be told; all results may be of one of them."""
    readings = source.audit.readings
    keys = {names.key(each.name): each.first for each in readings.models}
    found = {key: line for key, line in keys.items() if vocabulary.path(key, data.task)}
    paths = {vocabulary.path(key, data.task) for key in found}
    built = {path.rpartition(".")[2].lower(): 0 for path in constructed if path not in paths}
    return found | built or dict([*keys.items()][:1])


def _settings(source: DraftSource) -> dict[str | None, list[Setting]]:
    found: dict[str | None, list[Setting]] = defaultdict(list)
    for setting in source.audit.readings.settings:
        found[source.owner(setting).model].append(setting)
    return found


def _logs(source: DraftSource) -> dict[str | None, list[Log]]:
    found: dict[str | None, list[Log]] = defaultdict(list)
    for log in source.audit.readings.logs:
        found[source.owner(log).model].append(log)
    return found


def _tell(run: DraftedRun, models: _Models) -> None:
    """Find out what the model of a run is."""
    path = _path(run.key, models)
    if path and run.key not in models.listings:
        _estimator(run, path, models)
        return
    if run.key in OTHER_PACKAGES and run.key not in models.listings:
        run.unclear = f"it is of another package: {OTHER_PACKAGES[run.key]}"
        return
    try:
        network = _network(run, models)
    except networks.UntoldError as error:
        run.unclear = str(error)
        own = models.settings.get(run.key, ())
        run.stated = [*dict.fromkeys(f"{s.name} {s.value}" for s in own if not s.doubts)]
        return
    run.model, run.settings, run.assumes = "keras", network.settings, network.assumes
    run.minutes = _minutes(models.logs.get(run.key, ())) or MINUTES["keras"]


def _path(key: str, models: _Models) -> str | None:
    path = vocabulary.path(key, models.data.task)
    if path is None and key == "mlp":
        kind = "Classifier" if models.data.task == "classification" else "Regressor"
        path = f"sklearn.neural_network.MLP{kind}"
        return path if path in models.constructed else None
    if path is None and key == vocabulary.SOFTMAX and not models.logs.get(key):
        logistic = "sklearn.linear_model.LogisticRegression"
        return logistic if logistic in models.constructed else None
    return path


def _estimator(run: DraftedRun, path: str, models: _Models) -> None:
    run.model, run.minutes = path, MINUTES["sklearn"]
    given = dict(models.constructed.get(path, {}))
    for setting in models.settings.get(run.key, ()):
        if not setting.doubts:
            given.setdefault(setting.name, _plain(setting.value))
    run.settings = {name: value for name, value in given.items() if _is_accepted(path, name, value)}


def _plain(text: str) -> Any:
    try:
        return literals.value(text)
    except literals.UnclearError:
        return text


def _is_accepted(path: str, name: str, value: Any) -> bool:
    from refashion.backends import estimator_settings

    return not [*estimator_settings.faults(path, {name: value}, None)]


def _network(run: DraftedRun, models: _Models) -> networks.DraftedNetwork:
    own = models.settings.get(run.key, ())
    stated = {s.name: s for s in reversed(models.settings.get(None, ())) if _is_shared(s)}
    stated |= {s.name: s for s in reversed(own) if not s.doubts}
    stated |= {s.name: s for s in reversed(own) if s.is_code and not s.doubts}
    if run.key in models.listings:
        listing = models.listings[run.key]
        if listing.doubts:
            run.notes.append(f"of its listing: {'; '.join(listing.doubts)}")
        network = networks.of_listing(listing, stated, models.data)
    elif run.key == vocabulary.SOFTMAX:
        network = networks.softmax(stated, models.data)
    elif vocabulary.CONVOLUTIONAL.search(run.key) or vocabulary.RECURRENT.search(run.key):
        raise networks.UntoldError("there is no listing of its layers")
    else:
        network = networks.of_sentences(
            [s for s in own if not s.is_code], models.data, models.source
        )
    for log in models.logs.get(run.key, ()):
        epochs = log.announced or (log.epochs[-1].number if log.epochs else 0)
        is_of_task = tasks.is_log_plausible(log, models.data)
        if epochs and is_of_task and "epochs" not in network.settings:
            network.settings["epochs"] = epochs
    return network


def _is_shared(setting: Setting) -> bool:
    return setting.name in _SHARED and not setting.doubts


def _minutes(logs: Sequence[Log]) -> float | None:
    """Take the duration of a training from its log."""
    for log in logs:
        seconds = [e.seconds for e in log.epochs if e.seconds and e.seconds.isdigit()]
        if seconds:
            return max(0.1, round(sum(map(int, seconds)) / 60, 1))
    return None


def unclear(runs: Sequence[DraftedRun]) -> Iterator[str]:
    """Yield a sentence for each run whose model could not be told, or only with a doubt."""
    for run in runs:
        if run.unclear:
            yield f"runs.{run.name}: describe the model {shown(run.title)}; {run.unclear}."
        for note in run.notes:
            yield f"runs.{run.name}: {note}."
