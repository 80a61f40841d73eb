"""Models and metrics by the words of a report, and their names in a study."""

from __future__ import annotations

import re
from functools import cache

from refashion.audit.reading.models import key

# Import paths, for a classification and for a regression; None if there is none.
_PATHS: dict[str, tuple[str | None, str | None]] = {
    "logistic regression": ("linear_model.LogisticRegression", None),
    "multinomial logistic regression": ("linear_model.LogisticRegression", None),
    "binary logistic regression": ("linear_model.LogisticRegression", None),
    "linear regression": (None, "linear_model.LinearRegression"),
    "ridge regression": ("linear_model.RidgeClassifier", "linear_model.Ridge"),
    "ridge": ("linear_model.RidgeClassifier", "linear_model.Ridge"),
    "lasso regression": (None, "linear_model.Lasso"),
    "lasso": (None, "linear_model.Lasso"),
    "elastic net": (None, "linear_model.ElasticNet"),
    "elasticnet": (None, "linear_model.ElasticNet"),
    "random forest": ("ensemble.RandomForestClassifier", "ensemble.RandomForestRegressor"),
    "extra tree": ("ensemble.ExtraTreesClassifier", "ensemble.ExtraTreesRegressor"),
    "decision tree": ("tree.DecisionTreeClassifier", "tree.DecisionTreeRegressor"),
    "gradient boosting": (
        "ensemble.GradientBoostingClassifier",
        "ensemble.GradientBoostingRegressor",
    ),
    "histgradientboosting": (
        "ensemble.HistGradientBoostingClassifier",
        "ensemble.HistGradientBoostingRegressor",
    ),
    "adaboost": ("ensemble.AdaBoostClassifier", "ensemble.AdaBoostRegressor"),
    "svm": ("svm.SVC", "svm.SVR"),
    "svr": (None, "svm.SVR"),
    "support vector regression": (None, "svm.SVR"),
    "knn": ("neighbors.KNeighborsClassifier", "neighbors.KNeighborsRegressor"),
    "nearest centroid": ("neighbors.NearestCentroid", None),
    "naive baye": ("naive_bayes.GaussianNB", None),
    "naïve baye": ("naive_bayes.GaussianNB", None),
    "gaussian naive baye": ("naive_bayes.GaussianNB", None),
    "multinomial naive baye": ("naive_bayes.MultinomialNB", None),
    "bernoulli naive baye": ("naive_bayes.BernoulliNB", None),
    "lda": ("discriminant_analysis.LinearDiscriminantAnalysis", None),
    "linear discriminant analysis": ("discriminant_analysis.LinearDiscriminantAnalysis", None),
    "linear discriminant analysi": ("discriminant_analysis.LinearDiscriminantAnalysis", None),
    "qda": ("discriminant_analysis.QuadraticDiscriminantAnalysis", None),
    "gaussian process": (
        "gaussian_process.GaussianProcessClassifier",
        "gaussian_process.GaussianProcessRegressor",
    ),
    "dummy": ("dummy.DummyClassifier", "dummy.DummyRegressor"),
}
# A class of scikit-learn, in lower case.
_CLASS = re.compile(
    r"[a-z]\w+(?:classifier|regressor|regression|nb|cv|lasso|net|centroid|analysis)"
    r"|(?:linear|nu)?sv[cr]|ridge|lasso"
)
_TASKS = ("classification", "regression")
# Names of networks whose listing has layers of a kind.
CONVOLUTIONAL = re.compile(r"\b(?:cnn|conv\w*|lenet|alexnet|vgg\w*)\b")
RECURRENT = re.compile(r"\b(?:rnn|gru|lstm|bi ?lstm|recurrent)\b")
DENSE = re.compile(r"\b(?:neural network|mlp|ann|dnn|fnn|fcnn|perceptron|dense|connected)\b")
SOFTMAX = "softmax"

# Metrics of a study, for a classification and for a regression.
_METRICS: dict[str, tuple[str | None, str | None]] = {
    "accuracy": ("accuracy", None),
    "balanced_accuracy": ("balanced_accuracy", None),
    "loss": ("log_loss", None),
    "log_loss": ("log_loss", None),
    "kappa": ("cohen_kappa_score", None),
    "mcc": ("matthews_corrcoef", None),
    "top_5_accuracy": ("top_5_accuracy", None),
    "errors": ("errors", None),
    "correct": ("correct", None),
    "performance": ("accuracy", "r2"),
    "mse": (None, "mean_squared_error"),
    "rmse": (None, "root_mean_squared_error"),
    "mae": (None, "mean_absolute_error"),
    "mape": (None, "mean_absolute_percentage_error"),
    "r2": (None, "r2"),
}
OF_CLASSES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "f1_score",
    "f1_score": "f1_score",
    "support": "support",
}
# Metrics that no regression has, and no classification.
OF_LABELS = {"accuracy", "precision", "recall", "f1", "errors", "correct", "auc", "error_rate"}
OF_VALUES = {"mse", "rmse", "rmsle", "mae", "mape", "r2"}
BETTER_LOW = ("log_loss", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error")


def metric(name: str, task: str, n_classes: int = 0) -> str | None:
    """Return the metric of a study for one that was read; None if the task has none.

    Examples
    --------
    >>> metric("loss", "classification"), metric("rmse", "classification")
    ('log_loss', None)
    """
    if name == "auc" and task == "classification":
        return "roc_auc" if n_classes == 2 else "roc_auc_ovr"
    return _METRICS.get(name, (None, None))[_TASKS.index(task)]


def path(name: str, task: str) -> str | None:
    """Return the import path of a model of scikit-learn; None if the name is of none.

    Parameters
    ----------
    name
        Key of a model, or the name of a class.
    task
        "classification" or "regression".

    Examples
    --------
    >>> path("random forest", "classification"), path("cnn", "classification")
    ('sklearn.ensemble.RandomForestClassifier', None)
    """
    if name in _PATHS:
        found = _PATHS[name][_TASKS.index(task)]
        return f"sklearn.{found}" if found else None
    return _classes(task).get(name) if _CLASS.fullmatch(name) else None


def is_of_other_task(name: str, task: str) -> bool:
    """Whether a model is of the other task, such as a linear regression among classifiers."""
    other = _TASKS[1 - _TASKS.index(task)]
    plain = re.sub(r" (?:with|using|in) .*", "", name)
    return plain in _PATHS and path(plain, task) is None and path(plain, other) is not None


def class_path(name: str, task: str) -> str | None:
    """Return the import path of a class of scikit-learn for a task, by its exact name."""
    found = _classes(task).get(name.lower()) if _CLASS.fullmatch(name.lower()) else None
    return found if found and found.rpartition(".")[2] == name else None


@cache
def _classes(task: str) -> dict[str, str]:
    """Import paths of scikit-learn's classifiers or regressors, by name in lower case.

    scikit-learn is only imported here: a document that names no class of it needs none of it.
    """
    from sklearn.utils import all_estimators

    found = all_estimators(type_filter="classifier" if task == "classification" else "regressor")
    return {name.lower(): _public(of.__module__, name) for name, of in found}


def _public(module: str, name: str) -> str:
    public = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return f"{public}.{name}"


def model_key(text: str) -> str:
    """Return the key of a model that a cell or a sentence names; a number is "model <n>"."""
    plain = text.strip()
    return f"model {plain}" if re.fullmatch(r"[1-9]\d?", plain) else key(plain)
