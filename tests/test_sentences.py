"""What an audit reads in the running text of a document."""

import textwrap
from pathlib import Path

import pytest
import yaml

from refashion.audit.reading import prose
from refashion.audit.reading.passages import passages
from refashion.checks.consistency import number
from refashion.documents.document import Document, TextLine, Unit

CLASSES = ("Trouser", "Sneaker", "Shirt", "T-shirt/top", "Bag")
INVENTORY = yaml.safe_load(
    (Path(__file__).parent / "data" / "stated_results.yaml").read_text(encoding="utf-8")
)


def document(text):
    """Make a document of a text with line ends; a form feed begins a page."""
    lines, part = [], 1
    for place, line in enumerate(text.split("\n"), 1):
        part += line.count("\f")
        lines.append(TextLine(place, line.replace("\f", ""), part))
    return Document("report.pdf", Unit.PAGE, part, lines)


def read(text):
    return prose.read(document(text), classes=CLASSES)


def results(text):
    """Return metric and value of what is read, with its split and subject if they are told."""
    found = read(text).results
    return [" ".join(filter(None, (r.metric, r.value, r.split, r.subject))) for r in found]


def as_listed(result):
    values = (result.metric, result.value, result.split, result.subject, result.model)
    words = [(value or "-").replace(" ", "_") for value in values]
    return " ".join([*words, *filter(None, [result.change])])


@pytest.mark.parametrize("width", [None, 88, 50])
def test_every_result_in_a_sentence_of_the_sources_is_read(width):
    """Also where a page is narrow and lines end within names and numbers' contexts."""
    listed, found = [], []
    for entry in INVENTORY:
        text = "\n".join(textwrap.wrap(entry["text"], width)) if width else entry["text"]
        listed += [(entry["source"], each) for each in entry["results"]]
        found += [
            (entry["source"], as_listed(each))
            for each in read(f"## {entry['heading']}\n\n{text}").results
        ]
    assert found == listed


@pytest.mark.parametrize("entry", INVENTORY, ids=lambda entry: entry["text"][:30])
def test_a_value_is_one_that_the_checks_accept_and_its_quote_stands_in_the_text(entry):
    for result in read(entry["text"]).results:
        assert number.read(result.value)
        assert result.quote in " ".join(entry["text"].split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We obtained 95.2% accuracy with the random forest.", ["accuracy 95.2% random forest"]),
        (
            "Logistic Regression and SVM achieved accuracies of 0.85 and 0.88, respectively.",
            ["accuracy 0.85 Logistic Regression", "accuracy 0.88 SVM"],
        ),
        (
            "Precision, recall and F1 were 0.91, 0.90 and 0.905, respectively.",
            ["precision 0.91", "recall 0.90", "f1 0.905"],
        ),
        (
            "The training and test accuracy were 0.99 and 0.91.",
            ["accuracy 0.99 train", "accuracy 0.91 test"],
        ),
        (
            "The accuracy of the CNN is 0.91 and that of the MLP is 0.88.",
            ["accuracy 0.91 CNN", "accuracy 0.88 MLP"],
        ),
        (
            "Model A had 92% accuracy on training data and 88% on test data.",
            ["accuracy 92% train Model A", "accuracy 88% test Model A"],
        ),
        ("The best accuracy (93.4%) was obtained with the SVM.", ["accuracy 93.4% SVM"]),
        ("The accuracy was 0.9123 ± 0.004.", ["accuracy 0.9123 ± 0.004"]),
        ("The accuracy of our model was 98.5 percent.", ["accuracy 98.5%"]),
        ("This gives an R2 of -0.05 and an RMSE of 1,234.5.", ["r2 -0.05", "rmse 1,234.5"]),
        ("The weighted F1 score is 0.91.", ["f1 0.91 weighted avg"]),
        ("Out of 10000 test images, 9188 were classified correctly.", ["correct 9188 test"]),
        ("Training took 35 minutes on a GPU.", ["seconds 35"]),
        ("Similar to the CNN, the RNN has an accuracy of 0.9.", ["accuracy 0.9 RNN"]),
        ("The CNN outperforms the MLP with an accuracy of 0.92.", ["accuracy 0.92 CNN"]),
        (
            "The F1 scores are 0.9 (CNN), 0.8 (MLP) and 0.7 (SVM).",
            ["f1 0.9 CNN", "f1 0.8 MLP", "f1 0.7 SVM"],
        ),
        ("Dropout 0.2 improved validation accuracy to 91.3%.", ["accuracy 91.3% validation"]),
    ],
)
def test_results_are_read_from_many_forms_of_sentences(text, expected):
    assert results(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "In Section 4.2 accuracy is discussed, and Table 3 shows accuracy of 3 models.",
        "The accuracy with a learning rate of 0.01 is discussed in [12].",
        "We aim for an accuracy of 95%.",
        "Random guessing gives 10% accuracy.",
        "The model did not reach 90% accuracy.",
        "An ideal model would have 0 loss.",
        "Accuracy improved with 10 more epochs.",
        "The loss weights were 0.5 and 0.5.",
        "The accuracy of the sensor is 0.5 mm.",
        "We used version 2.15 of TensorFlow for accuracy.",
        "The accuracy difference was significant (p < 0.05).",
        "An accuracy of 85-90% was reached.",
        "The F1 score ranges from 0.7 to 0.9.",
        "An accuracy above 0.8 is considered good.",
        "Recall that 0.5 is the default threshold.",
        "The CNN beats the MLP by 3% in accuracy.",
        "precision : int, default=3",
        "It is used where beta_loss <= 0",
        "The images are 28x28 and accuracy was measured in 2017.",
    ],
)
def test_other_numbers_are_no_results(text):
    assert results(text) == []


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("The loss was about 0.25.", "it is only said to be about that"),
        ("Smith et al. (2019) achieved an accuracy of 99.1%.", "it may be of another work"),
        ("The model had a loss of 0.888 and 69.5% on it.", "its metric is not named"),
        ("If we stop, the accuracy is 0.9.", "it may not be stated as a fact"),
        ("They had accuracies of 0.8 and 0.9.", "several numbers, each of something not told"),
    ],
)
def test_what_may_be_wrong_is_doubted(text, doubt):
    assert doubt in read(text).results[-1].doubts


def test_bounds_are_limits():
    (limit,) = read("The accuracy exceeded 90% on the validation set.").limits
    assert (limit.bound, limit.value, limit.split) == ("over", "90%", "validation")
    (limit,) = read("The loss of the CNN is lower than 0.3.").limits
    assert (limit.bound, limit.value, limit.subject) == ("under", "0.3", "CNN")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CNN is 2.3 points better in accuracy than the MLP.", ("2.3", "increase", "MLP")),
        ("Adding dropout improved the loss by 3%.", ("3%", "decrease", None)),
        ("We saw a drop of 5% in accuracy.", ("5%", "decrease", None)),
        ("The accuracy of 0.91 is 2% higher than that of the MLP.", ("2%", "increase", "MLP")),
    ],
)
def test_changes_are_told_from_values(text, expected):
    change = next(each for each in read(text).results if each.change)
    assert (change.value, change.change, change.reference) == expected


def test_a_duration_keeps_its_unit():
    (result,) = read("The network was trained in nine minutes.").results
    assert (result.metric, result.value, result.unit) == ("seconds", "9", "minutes")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Test loss: 0.31, Test accuracy: 0.91", ["loss 0.31 test", "accuracy 0.91 test"]),
        (
            "Test set: Average loss: 0.0347, Accuracy: 9885/10000 (99%)",
            ["loss 0.0347 test", "accuracy 99% test", "correct 9885 test"],
        ),
        ("Accuracy of the network on the 10000 test images: 54 %", ["accuracy 54 % test"]),
        ("MSE: 515482303.16783273", ["mse 515482303.16783273"]),
        ("R2 Score: -5.7419937693481415e-08", ["r2 -5.7419937693481415e-08"]),
        ("Accuracy = 91.9 %", ["accuracy 91.9 %"]),
        ("Accuracy: 0.91 (+/- 0.03)", ["accuracy 0.91 +/- 0.03"]),
        ("{'accuracy': 0.91, 'loss': 0.2}", ["accuracy 0.91", "loss 0.2"]),
        ("('accuracy', 0.91)", ["accuracy 0.91"]),
        ("KNN Test Accuracy: 95.2%", ["accuracy 95.2% test KNN"]),
        ("F1 Score (macro): 0.77", ["f1 0.77 macro avg"]),
        ("| Accuracy | 0.93 |", ["accuracy 0.93"]),
        ("train accuracy 0.99 test accuracy 0.91", ["accuracy 0.99 train", "accuracy 0.91 test"]),
        ('print("Accuracy: 0.3")', []),
        ("accuracy = accuracy_score(y_test, y_pred)", []),
        ("Loss: 3 layers", []),
        ("Learning rate: 0.01", []),
    ],
)
def test_printed_lines_are_read_once(text, expected):
    assert results(text) == expected


def test_a_printed_line_is_of_the_model_in_the_caption_above_it():
    text = "Figure 4: Random Forest model flight result:\n\n```\nMSE: 7771155.46\n```"
    (result,) = read(text).results
    assert result.model == "Random Forest"


def test_the_list_of_evaluate_is_doubtful():
    loss, accuracy = read("model.evaluate(X_test, y_test)\n[0.2534, 0.9123]").results
    assert (loss.value, accuracy.value, accuracy.split) == ("0.2534", "0.9123", "test")
    assert loss.doubts and accuracy.doubts


def test_sentences_are_joined_across_lines_pages_and_hyphens():
    made = document("The learning curves are not lin-\near, e.g. in Fig. 3. The loss\n\n\n\ffell.")
    found = [*passages(made)]
    assert [each.text for each in found][:2] == [
        "The learning curves are not linear, e.g. in Fig. 3.",
        "The loss fell.",
    ]
    start = found[0].text.index("linear")
    assert found[0].quote(made, start, start + 6) == "lin- ear,"
    assert found[0].lines(0, len(found[0].text)) == (1, 2)
    assert found[1].span == (2, 5)


def test_code_tables_and_what_is_left_out_are_no_sentences():
    text = "Some words stand here.\nmodel.fit(x, y, epochs=10)\na\t1\t2\nAccuracy was 0.9 here."
    made = document(text)
    assert [each.text for each in passages(made)] == [
        "Some words stand here.",
        "Accuracy was 0.9 here.",
    ]
    assert [each.text for each in passages(made, [(4, 4)])] == ["Some words stand here."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trousers have the highest recall.", ("Trousers", "recall", "highest")),
        ("The lowest loss was achieved by the CNN.", ("CNN", "loss", "lowest")),
        (
            "The random forest is the best model in terms of RMSE.",
            ("random forest", "rmse", "lowest"),
        ),
        ("Correctly identified the most is a bag.", ("bag", "recall", "highest")),
    ],
)
def test_extremes_name_subject_metric_and_direction(text, expected):
    (extreme,) = read(text).extremes
    assert (extreme.subject, extreme.metric, extreme.direction) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The SVM had the second highest accuracy.",
        "The CNN and the RNN have the highest accuracy.",
        "We want the CNN with the highest accuracy.",
    ],
)
def test_unclear_extremes_are_not_read(text):
    assert not read(text).extremes


def test_orderings_have_two_subjects():
    (found,) = read("The loss of the CNN is lower than that of the MLP.").orderings
    assert (found.subject, found.other, found.direction) == ("CNN", "MLP", "lower")
    (found,) = read("The CNN performed better than the RNN in terms of loss.").orderings
    assert (found.subject, found.other, found.direction) == ("CNN", "RNN", "lower")
    assert not read("The CNN is not better than the RNN in accuracy.").orderings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "There are 60,000 training images and 10,000 test images.",
            ["train 60,000", "test 10,000"],
        ),
        (
            "It has 70000 28x28 labeled fashion images, where 60000 examples are in the training"
            " set.",
            ["all 70000", "pixels 28x28", "train 60000"],
        ),
        ("We use 80% of the data for training and 20% for testing.", ["train 80%", "test 20%"]),
        ("We used an 80/20 train-test split.", ["train 80%", "test 20%"]),
        ("10 categories, with 7,000 images per category", ["classes 10", "per_class 7,000"]),
        ("Out of 2000 images, 11 are wrong.", ["scored 2000"]),
        ("1875 steps per epoch were run.", ["steps 1875"]),
        ("The training accuracy was 80% and test accuracy (70%).", []),
    ],
)
def test_sizes(text, expected):
    assert [f"{size.of} {size.value}" for size in read(text).sizes] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "We trained for ten epochs with a batch size of 64 and a learning rate of 1e-3.",
            {"epochs": "10", "batch_size": "64", "learning_rate": "1e-3"},
        ),
        ("We used the Adam optimizer.", {"optimizer": "Adam"}),
        ("A dropout layer with a drop rate of .25 follows.", {"dropout": ".25"}),
        ("It has 2 hidden layers and 80 hidden units.", {"layers": "2", "units": "80"}),
        (
            "Model 3 combined a relu and sigmoid activation layer.",
            {"activation": "relu and sigmoid"},
        ),
        ("5-fold cross-validation was used.", {"folds": "5"}),
        ("We set the Regularizer rate to be 0. 0000001.", {"l2": "0.0000001"}),
        ("The dropout rate was kept below 0.5.", {}),
    ],
)
def test_settings_in_sentences(text, expected):
    assert {each.name: each.value for each in read(text).settings} == expected


def test_settings_in_code_stand_beside_those_of_its_comments():
    text = """def create_cnn_model(shape):
    # We've defined a Dropout layer with a dropout rate of 0.2.
    dropout_rate = 0.3
    layers.Conv2D(32, (3, 3), activation='relu')
    # optimizer = SGD(learning_rate=0.1)
    model.compile(optimizer=tf.keras.optimizers.Adam(learning rate=0.001))
    model.fit(x, y, epochs=epochs, batch_size=32)"""
    found = read(f"```\n{text}\n```").settings
    told = [each for each in found if each.name == "dropout"]
    assert [(each.value, each.is_code) for each in told] == [("0.2", False), ("0.3", True)]
    assert {each.subject for each in found} == {"CNN"}
    sure = {each.name: each.value for each in found if each.is_code and not each.doubts}
    assert sure == {
        "dropout": "0.3",
        "activation": "relu",
        "filters": "32",
        "kernel_size": "(3, 3)",
        "optimizer": "Adam",
        "learning_rate": "0.001",
        "batch_size": "32",
    }


def test_models_lists_counts_and_ranges():
    text = (
        "Five models will be made. Model 1 is a CNN, and the second model is a Random Forest. The"
        " categories are T-shirt/top, trouser, coat, or ankle boot. A boot has a label of 9, and"
        " its vector is [0 0 1 0]. The value for each pixel is 1-255. Each relates to one of 3"
        " labels, where 0 = Cat, 1 = Dog, and 2 = Ankle Boot. Model two is best of the 8 models."
    )
    found = read(text)
    assert [model.name for model in found.models] == [
        *("Model 1", "CNN", "second model", "Random Forest"),
    ]
    assert {"Five", "8"} <= {each.value for each in found.counts if each.of == "model"}
    assert [each.items for each in found.lists] == [
        ("T-shirt/top", "trouser", "coat", "ankle boot"),
        ("Cat", "Dog", "Ankle Boot"),
    ]
    assert found.lists[1].stated == "3"
    assert [(each.vector, each.label) for each in found.one_hots] == [("[0 0 1 0]", "9")]
    assert [(each.of, each.low, each.high) for each in found.ranges] == [("pixel", "1", "255")]


@pytest.mark.parametrize(
    "piece",
    ["a", ".", "1,", "0.1 ", "(", "test and ", "CNN and ", "| 1 ", "0 = a, ", "accuracy of ", "'"],
)
@pytest.mark.timeout(60)
def test_hostile_text_is_read_in_time(piece):
    text = piece * (60_000 // len(piece))
    read(text)
    read("\n".join(textwrap.wrap(text, 90)))
