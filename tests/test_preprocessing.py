"""Steps of preprocessing give the numbers that scikit-learn gives."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from refashion.backends.preprocessing import MOST_BYTES, PreprocessingError, dense
from refashion.runs.folds import load_folds
from refashion.spec.preprocess import Step, completed, is_unseeded, leaks
from refashion.spec.split import Split

CANCER = load_breast_cancer()
TEST = {"fraction": 0.2, "random_state": 42}
SCALER = "sklearn.preprocessing.StandardScaler"


def source_of(data):
    names = list(getattr(data, "feature_names", []))
    return SimpleNamespace(CLASSES=list(map(str, data.target_names)), FEATURES=names, CATEGORIES={})


def prepared(tmp_path, x, y, source, steps, validation=None):
    np.save(tmp_path / "all_x.npy", x)
    np.save(tmp_path / "all_y.npy", y)
    split = Split.model_validate_json(json.dumps({"test": TEST, "validation": validation}))
    listed, _ = completed(steps_of(steps))
    dumped = [step.model_dump(mode="json") for step in listed]
    return load_folds(tmp_path, split.model_dump(mode="json"), dumped, 0, None, source)[0]


def steps_of(steps):
    return tuple(Step.model_validate_json(json.dumps(step)) for step in steps)


def cancer(tmp_path, *steps, **more):
    return prepared(tmp_path, CANCER.data, CANCER.target, source_of(CANCER), steps, **more)


def split_cancer():
    return train_test_split(CANCER.data, CANCER.target, test_size=0.2, random_state=42)


def test_a_scaler_is_fitted_on_the_training_examples(tmp_path):
    splits = cancer(tmp_path, SCALER)
    train, test, _, _ = split_cancer()
    scaler = StandardScaler()
    assert np.array_equal(splits["train"].x, scaler.fit_transform(train))
    assert np.array_equal(splits["test"].x, scaler.transform(test))


def test_a_leak_is_fitted_on_all_examples_before_the_split(tmp_path):
    leaky = cancer(tmp_path, {SCALER: None, "fit_on": "all"}, validation={"fraction": 0.1})
    whole = StandardScaler().fit_transform(CANCER.data)
    _, test = train_test_split(whole, test_size=0.2, random_state=42)
    assert np.array_equal(leaky["test"].x, test)
    stated = steps_of([{SCALER: {}, "fit_on": "all"}, "sklearn.decomposition.PCA"])
    assert leaks(stated) == (SCALER,)
    assert leaks(steps_of([SCALER])) == leaks(None) == ()


def test_selection_of_features_that_has_seen_the_test_examples(tmp_path):
    select = "sklearn.feature_selection.SelectKBest"
    leaky = cancer(tmp_path, {select: {"k": 5}, "fit_on": "all"})
    whole = SelectKBest(k=5).fit_transform(CANCER.data, CANCER.target)
    assert np.array_equal(
        leaky["train"].x, train_test_split(whole, test_size=0.2, random_state=42)[0]
    )


def test_steps_follow_one_another(tmp_path):
    splits = cancer(tmp_path, SCALER, {"sklearn.decomposition.PCA": {"n_components": 3}})
    train, test, _, _ = split_cancer()
    scaler, pca = StandardScaler(), PCA(3)
    assert np.array_equal(splits["train"].x, pca.fit_transform(scaler.fit_transform(train)))
    assert np.array_equal(splits["test"].x, pca.transform(scaler.transform(test)))


def test_a_step_for_some_columns_lets_the_others_pass(tmp_path):
    columns = ["mean area", "mean radius"]
    step = {"sklearn.preprocessing.MinMaxScaler": {"feature_range": [-1, 1]}, "columns": columns}
    train = cancer(tmp_path, step)["train"].x
    raw, *_ = split_cancer()
    places = [CANCER.feature_names.tolist().index(name) for name in columns]
    scaled = MinMaxScaler((-1, 1)).fit_transform(raw[:, places])
    assert np.array_equal(train[:, places], scaled)
    others = [place for place in range(raw.shape[1]) if place not in places]
    assert np.array_equal(train[:, others], raw[:, others])


def test_images_keep_their_shape(tmp_path):
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    steps = [{"divide_by": 16}, "sklearn.preprocessing.MinMaxScaler"]
    train = prepared(tmp_path, images, digits.target, source_of(digits), steps)["train"].x
    assert train.shape[1:] == (8, 8) and train.dtype == np.float32
    assert train.min() >= 0 and train.max() <= 1


def test_texts_become_sparse_numbers(tmp_path):
    texts = np.array([f"word{n % 7} word{n % 3} other" for n in range(50)])
    y = np.arange(50) % 2
    source = SimpleNamespace(CLASSES=["a", "b"], FEATURES=[], CATEGORIES={})
    path = "sklearn.feature_extraction.text.TfidfVectorizer"
    splits = prepared(tmp_path, texts, y, source, [{path: {"ngram_range": [1, 2]}}])
    train, test = train_test_split(texts, test_size=0.2, random_state=42)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    assert scipy.sparse.issparse(splits["train"].x)
    assert (splits["train"].x != vectorizer.fit_transform(train)).nnz == 0
    assert (splits["test"].x != vectorizer.transform(test)).nnz == 0
    also = prepared(tmp_path, texts, y, source, [path, "dense"])
    assert np.array_equal(also["test"].x, TfidfVectorizer().fit(train).transform(test).toarray())


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("sklearn.preprocessing.OneHotEncoder", "preprocess.0.: .*unknown categor"),
        ({"sklearn.decomposition.PCA": {"n_components": 99}}, "preprocess.0.: .*n_components=99"),
        ({SCALER: None, "columns": ["mean aera"]}, "did you mean 'mean area'"),
        ({"sklearn.feature_selection.VarianceThreshold": {"threshold": 1e9}}, "VarianceThreshold"),
    ],
)
def test_a_step_that_fails_is_one_message(tmp_path, step, message):
    with pytest.raises(PreprocessingError, match=message) as caught:
        cancer(tmp_path, step)
    assert "\n" not in str(caught.value)


def test_numbers_that_become_nan_are_named(tmp_path):
    x = np.array([[-2.0], [1.0], [2.0], [3.0], [-4.0], [5.0]])
    source = SimpleNamespace(CLASSES=[], FEATURES=["size"], CATEGORIES={})
    step = {"sklearn.preprocessing.PowerTransformer": {"method": "box-cox"}}
    with pytest.raises(PreprocessingError, match=r"preprocess.0.: sklearn.*PowerTransformer"):
        prepared(tmp_path, x, np.arange(6.0), source, [step])


def test_a_matrix_that_would_fill_the_memory_is_refused():
    wide = scipy.sparse.csr_matrix((1_000_000, MOST_BYTES // 8_000))
    with pytest.raises(PreprocessingError, match="accepted: at most 8 GiB, so limit the features"):
        dense(wide)


def test_settings_that_are_not_stated_are_the_library_s():
    steps, assumed = completed(steps_of([{SCALER: {"with_mean": False}}]))
    assert steps[0].settings["with_std"] is True
    value, why = assumed["preprocess.StandardScaler.with_std"]
    assert value is True and "default of scikit-learn" in why
    assert "preprocess.StandardScaler.with_mean" not in assumed


def test_a_step_may_draw_at_random():
    pca = "sklearn.decomposition.PCA"
    assert is_unseeded(None) and is_unseeded(steps_of([SCALER, {"divide_by": 255}]))
    assert not is_unseeded(steps_of([SCALER, pca]))
    assert is_unseeded(steps_of([{pca: {"random_state": 0}}]))
