"""Made-up experiments whose numbers are true: predictions are drawn, scores computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

CLASSES: Sequence[Sequence[str]] = (
    ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    ("setosa", "versicolor", "virginica"),
    ("benign", "malignant"),
    ("ham", "spam"),
    ("negative", "neutral", "positive"),
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ("No Churn", "Churn"),
    ("0", "1"),
    ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    ("glioma tumor", "meningioma tumor", "no tumor", "pituitary tumor"),
    ("LAYING", "SITTING", "STANDING", "WALKING", "WALKING_DOWNSTAIRS", "WALKING_UPSTAIRS"),
    ("class 0", "class 1", "class 2"),
    ("business", "entertainment", "politics", "sport", "tech"),
    ("Apple scab", "Black rot", "Cedar rust", "healthy"),
)
SHALLOW = (
    *("Logistic Regression", "Decision Tree", "Random Forest", "SVM", "KNN", "Naive Bayes"),
    *("XGBoost", "LightGBM", "Gradient Boosting", "AdaBoost", "Perceptron"),
)
DEEP = ("CNN", "MLP", "LSTM", "GRU", "ResNet50", "VGG16", "MobileNetV2", "LeNet-5")
REGRESSORS = (
    *("Linear Regression", "Ridge", "Lasso", "Random Forest", "Decision Tree", "SVR"),
    *("XGBoost", "Gradient Boosting", "ElasticNet"),
)


@dataclass
class Layer:
    """A layer of a network: its name and type, its shape, its number of parameters, its code."""

    name: str
    type: str
    shape: tuple[int, ...]
    parameters: int
    code: str


@dataclass
class Epoch:
    """Values of an epoch by metric, its steps and its seconds."""

    number: int
    values: dict[str, float]
    steps: int
    seconds: int


@dataclass
class Model:
    """A model and its results on the test examples."""

    name: str
    true: np.ndarray
    predicted: np.ndarray
    classes: Sequence[str]
    loss: float = 0.0
    log: list[Epoch] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Its confusion matrix, a row a true class."""
        labels = range(len(self.classes))
        return np.asarray(confusion_matrix(self.true, self.predicted, labels=labels))

    @property
    def right(self) -> int:
        """Number of right answers."""
        return int((self.true == self.predicted).sum())

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.right / len(self.true)

    def averages(self, average: str = "macro") -> tuple[float, float, float]:
        """Return averages of precision, recall and F1 score over the classes."""
        found = precision_recall_fscore_support(
            self.true, self.predicted, average=average, zero_division=0
        )
        return found[0], found[1], found[2]

    @cached_property
    def recalls(self) -> np.ndarray:
        """Recall by class."""
        return np.diag(self.matrix) / self.matrix.sum(1)


@dataclass
class Experiment:
    """Models that were tested on the same examples."""

    classes: Sequence[str]
    train: int
    validation: int
    test: int
    batch: int
    epochs: int
    side: int
    validates_on_test: bool
    models: list[Model]


def classification(rng: Generator, models: int, deep: bool, few: bool = False) -> Experiment:
    """Draw an experiment on some classes; `few` for so few examples that whole counts are told."""
    classes = CLASSES[rng.integers(len(CLASSES))]
    n = int(rng.choice([150, 360, 450] if few else [114, 360, 450, 1000, 2000, 10_000]))
    train = int(n * rng.choice([3, 4, 6]))
    experiment = Experiment(
        classes=classes,
        train=train,
        validation=int(n / 2),
        test=n,
        batch=int(rng.choice([16, 32, 64, 128])),
        epochs=int(rng.choice([3, 5, 8, 10, 20])),
        side=int(rng.choice([28, 32, 48])),
        validates_on_test=bool(rng.random() < 0.5),
        models=[],
    )
    shares = rng.dirichlet(np.full(len(classes), rng.choice([8.0, 1000.0])))
    true = np.concatenate(
        [np.arange(len(classes)), rng.choice(len(classes), n - len(classes), p=shares)]
    )
    names = rng.choice(DEEP if deep else SHALLOW, models, replace=False)
    for name in map(str, names):
        model = Model(name, true, _answers(rng, true, len(classes)), classes)
        model.loss = float(rng.uniform(0.8, 1.4) * (1.02 - model.accuracy) * 2)
        if deep:
            model.log = _log(rng, experiment, model)
            model.layers = _layers(rng, experiment)
        experiment.models.append(model)
    return experiment


def _answers(rng: Generator, true: np.ndarray, classes: int) -> np.ndarray:
    accuracy = np.clip(rng.normal(rng.uniform(0.6, 0.97), 0.06, classes), 0.2, 0.995)
    wrong = rng.random(len(true)) > accuracy[true]
    others = (true + rng.integers(1, classes, len(true))) % classes
    return np.where(wrong, others, true)


def _log(rng: Generator, experiment: Experiment, model: Model) -> list[Epoch]:
    """Draw a log that ends in the results of the model if it validates on the test examples."""
    n = experiment.test if experiment.validates_on_test else experiment.validation
    on = experiment.train if experiment.validates_on_test else experiment.train - n
    steps, seconds = -(-on // experiment.batch), int(rng.integers(1, 60))
    log = []
    for number in range(1, experiment.epochs + 1):
        loss = model.loss * (1 + 1.5 / number) * rng.uniform(0.97, 1.03)
        share = np.clip(1 - loss / 2.5 + rng.normal(0, 0.005), 0.05, 1)
        later = np.clip(share - 0.01 + rng.normal(0, 0.01), 0.05, 1)
        values = {
            "loss": float(loss),
            "accuracy": round(share * on) / on,
            "val_loss": float(loss * rng.uniform(0.95, 1.15)),
            "val_accuracy": round(later * n) / n,
        }
        log.append(Epoch(number, values, steps, seconds + int(rng.integers(0, 3))))
    if experiment.validates_on_test:
        log[-1].values |= {"val_loss": model.loss, "val_accuracy": model.accuracy}
    return log


def _layers(rng: Generator, experiment: Experiment) -> list[Layer]:
    """Draw a small convolutional or dense network."""
    side, layers = experiment.side, []
    classes = len(experiment.classes)
    if rng.random() < 0.6:
        channels = 1
        for number in range(int(rng.integers(1, 3))):
            filters, end = int(rng.choice([16, 32, 64])), f"_{number}" if number else ""
            given = f", input_shape=({side}, {side}, 1)" if not number else ""
            parameters = filters * (9 * channels + 1)
            side -= 2
            code = f"Conv2D({filters}, (3, 3), activation='relu'{given})"
            layers.append(Layer(f"conv2d{end}", "Conv2D", (side, side, filters), parameters, code))
            side, channels = side // 2, filters
            code = "MaxPooling2D((2, 2))"
            shape = (side, side, filters)
            layers.append(Layer(f"max_pooling2d{end}", "MaxPooling2D", shape, 0, code))
        size = side * side * channels
        layers.append(Layer("flatten", "Flatten", (size,), 0, "Flatten()"))
    else:
        size = side * side
        code = f"Flatten(input_shape=({side}, {side}))"
        layers.append(Layer("flatten", "Flatten", (size,), 0, code))
    units = int(rng.choice([32, 64, 128, 256]))
    code = f"Dense({units}, activation='relu')"
    layers.append(Layer("dense", "Dense", (units,), units * (size + 1), code))
    if rng.random() < 0.5:
        rate = rng.choice([0.2, 0.3, 0.5])
        layers.append(Layer("dropout", "Dropout", (units,), 0, f"Dropout({rate})"))
    code = f"Dense({classes}, activation='softmax')"
    layers.append(Layer("dense_1", "Dense", (classes,), classes * (units + 1), code))
    return layers


@dataclass
class Regression:
    """Errors of a regressor on test examples."""

    name: str
    mae: float
    mse: float
    rmse: float
    r2: float


def regression(rng: Generator, models: int) -> list[Regression]:
    """Draw regressors that were tested on the same examples."""
    n = int(rng.choice([100, 442, 1000, 4128]))
    target = rng.normal(0, 10 ** rng.uniform(-1, 5), n)
    found = []
    for name in rng.choice(REGRESSORS, models, replace=False):
        errors = rng.normal(0, 1, n) * target.std() * rng.uniform(0.2, 0.9)
        mse = float(np.mean(errors**2))
        r2 = float(1 - mse / target.var())
        found.append(Regression(str(name), float(np.mean(abs(errors))), mse, mse**0.5, r2))
    return found
