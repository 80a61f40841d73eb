"""What readers find in a document. Numbers stay texts, as printed: their precision counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Something that was read.

    Attributes
    ----------
    first, last
        Numbers of its first and last line in the document.
    quote
        A few words of the document that show it, word by word.
    doubts
        Why the reading may be wrong, each a clause such as "a row is missing"; none if it is sure.
    apart
        Numbers of lines between them that are no part of it, such as a page number.
    """

    first: int
    last: int
    quote: str
    doubts: Sequence[str] = ()
    apart: Sequence[int] = ()

    @property
    def lines(self) -> set[int]:
        """Numbers of the lines that it takes."""
        return {*range(self.first, self.last + 1)} - {*self.apart}


@dataclass(frozen=True, kw_only=True)
class Report(Reading):
    """A classification report as scikit-learn prints it.

    Attributes
    ----------
    rows
        Cells (precision, recall, F1 score, support) by the name of a class or of an average, in
        their order; None for a cell that is not printed or was lost.
    """

    rows: Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, kw_only=True)
class Matrix(Reading):
    """A confusion matrix.

    Attributes
    ----------
    rows
        Counts by row (true class) and column (predicted class); None for a cell that was lost.
    labels
        Names of the classes if they are printed.
    """

    rows: Sequence[Sequence[str | None]]
    labels: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class LoggedEpoch:
    """A line of a training log.

    Attributes
    ----------
    number
        The number of the epoch, iteration or round, as counted by the log.
    line
        The number of its line in the document.
    values
        Printed values by metric: `loss`, `accuracy`, `val_loss`, `val_accuracy` and so on.
    steps
        Steps of the epoch if they are printed.
    seconds
        Duration if it is printed, as printed ("41s" gives "41").
    """

    number: int
    line: int
    values: Mapping[str, str]
    steps: int | None = None
    seconds: str | None = None


@dataclass(frozen=True, kw_only=True)
class Log(Reading):
    """A training log.

    Attributes
    ----------
    epochs
        Its lines.
    announced
        Number of epochs that it announces ("Epoch 1/10" gives 10).
    evaluation
        Steps and values of the evaluation that Keras prints after it, if any.
    """

    epochs: Sequence[LoggedEpoch]
    announced: int | None = None
    evaluation: LoggedEpoch | None = None


@dataclass(frozen=True, kw_only=True)
class PrintedTable(Reading):
    """A table of results or of anything else.

    Attributes
    ----------
    header
        Names of the columns; empty if there is none.
    rows
        Cells as printed.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A row of a table of layers, as Keras prints it.

    Attributes
    ----------
    name, type
        Its name and its type, such as "dense_1" and "Dense".
    shape
        The shape of its outputs; None for a size that is free (the examples) or was lost.
    parameters
        Its number of parameters.
    """

    name: str
    type: str
    shape: Sequence[int | None]
    parameters: int


@dataclass(frozen=True, kw_only=True)
class LayerTable(Reading):
    """A table of layers: `model.summary()`.

    Attributes
    ----------
    layers
        Its rows.
    total, trainable, fixed
        Numbers of parameters that stand below it, if they do.
    """

    layers: Sequence[Layer]
    total: int | None = None
    trainable: int | None = None
    fixed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Listing(Reading):
    """A network in code of Keras.

    Attributes
    ----------
    layers
        Layers in their order: type and arguments by name, as written ("filters": "32").
    compiled, fitted
        Arguments of `compile` and `fit` by name, as written, where they stand.
    """

    layers: Sequence[tuple[str, Mapping[str, str]]]
    compiled: Mapping[str, str] = field(default_factory=dict)
    fitted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PrintedResult(Reading):
    """One printed number and what it is of: a line such as "Test accuracy: 0.91", or a sentence.

    Attributes
    ----------
    value
        The number as printed, with its sign and unit ("91.9 %").
    metric
        Its metric by the name that is used here: `accuracy`, `loss`, `precision`, `mse` ...
    split
        `train`, `validation` or `test`, if the text says so.
    subject
        What it is of, as the text names it: a model or a class.
    sentence
        The sentence that it stands in; None in a line of its own.
    model
        The model that the subject, if it is a class, is of; or that a heading above names.
    change
        Whether it is no value but its change: `increase` or `decrease`.
    reference
        What a change is said to be relative to, as the text names it.
    unit
        The unit of a duration (metric `seconds`), as written: "minutes"; or the unit or scale that
        a label names, such as "log" in "RMSE (log)".
    """

    value: str
    metric: str
    split: str | None = None
    subject: str | None = None
    sentence: str | None = None
    model: str | None = None
    change: Literal["increase", "decrease"] | None = None
    reference: str | None = None
    unit: str | None = None

    @property
    def is_sentence(self) -> bool:
        """Whether it stands in a sentence, not in a line of its own."""
        return self.sentence is not None


@dataclass(frozen=True, kw_only=True)
class Limit(Reading):
    """A bound that a sentence states for a metric, such as "above 90 %".

    Attributes
    ----------
    value
        The number as printed.
    bound
        Whether the metric is said to be `over` or `under` it.
    metric, split, subject, model
        As those of a `Result`.
    """

    value: str
    bound: Literal["over", "under"]
    metric: str
    split: str | None = None
    subject: str | None = None
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class Extreme(Reading):
    """A statement that a model or a class has the highest or the lowest figure.

    Attributes
    ----------
    subject
        Which one, as the text names it.
    metric
        Its metric.
    direction
        Of the figure: the best loss is the `lowest`.
    split, model
        As those of a `Result`.
    """

    subject: str
    metric: str
    direction: Literal["highest", "lowest"]
    split: str | None = None
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ordering(Reading):
    """A statement that one has a higher or a lower figure than another.

    Attributes
    ----------
    subject, other
        The two, as the text names them.
    metric
        Their metric.
    direction
        Of the figure of `subject`, compared with that of `other`.
    split, model
        As those of a `Result`.
    """

    subject: str
    other: str
    metric: str
    direction: Literal["higher", "lower"]
    split: str | None = None
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class Setting(Reading):
    """A setting that the text or the code states.

    Attributes
    ----------
    name
        `batch_size`, `epochs`, `learning_rate`, `dropout`, `optimizer`, `loss`, `activation` ...
    value
        As written.
    subject
        What it is of, as the text names it.
    is_code
        Whether it stands in code.
    is_used
        Whether it is a setting of the results, not of an attempt or of code that is commented out.
    """

    name: str
    value: str
    subject: str | None = None
    is_code: bool = False
    is_used: bool = True


@dataclass(frozen=True, kw_only=True)
class Size(Reading):
    """A number of examples, classes or images that the text states, or a share of a split.

    Attributes
    ----------
    value
        As printed ("60,000", "80%").
    of
        `train`, `validation`, `test`, `all`, `classes`, `per_class`; `pixels` of an image,
        `steps` of an epoch, `scored`: the examples that a sentence counts errors among.
    """

    value: str
    of: str


@dataclass(frozen=True, kw_only=True)
class Heading(Reading):
    """A heading of a section.

    Attributes
    ----------
    text
        Its text, without its number and its signs.
    level
        From 1; 0 if the document does not tell.
    """

    text: str
    level: int = 0


@dataclass(frozen=True, kw_only=True)
class Caption(Reading):
    """The caption of a figure, a table or a listing.

    Attributes
    ----------
    label, number
        "Figure" and "14".
    text
        What follows.
    """

    label: str
    number: str
    text: str


@dataclass(frozen=True, kw_only=True)
class NamedModel(Reading):
    """A model that the document speaks of.

    Attributes
    ----------
    name
        Its name, as written where it stands first.
    mentions
        All lines that name it.
    """

    name: str
    mentions: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True)
class StatedCount(Reading):
    """A number of things that a sentence states: "Five models will be made".

    Attributes
    ----------
    value
        As written, with digits or in a word.
    of
        The things, in the singular: `model`, `layer`, `variable` ...
    """

    value: str
    of: str


@dataclass(frozen=True, kw_only=True)
class StatedList(Reading):
    """Things that a sentence lists: "the categories are A, B, or C".

    Attributes
    ----------
    of
        The things, in the singular: `category`, `model`, `layer` ...
    items
        The things that are listed.
    stated
        Their number, as written, if the sentence states it.
    """

    of: str
    items: Sequence[str]
    stated: str | None = None


@dataclass(frozen=True, kw_only=True)
class OneHot(Reading):
    """A one-hot vector.

    Attributes
    ----------
    vector
        As printed, with brackets.
    label
        The label that it is said to stand for.
    """

    vector: str
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class StatedRange(Reading):
    """A range that a sentence states: "the value of each pixel is 1-255".

    Attributes
    ----------
    of
        What has values in the range, in the singular: `pixel`, `label`, `epoch` ...
    low, high
        Its ends, as printed.
    """

    of: str
    low: str
    high: str


@dataclass(frozen=True)
class Readings:
    """Everything that was read from one document."""

    reports: Sequence[Report] = ()
    matrices: Sequence[Matrix] = ()
    logs: Sequence[Log] = ()
    tables: Sequence[PrintedTable] = ()
    layer_tables: Sequence[LayerTable] = ()
    listings: Sequence[Listing] = ()
    results: Sequence[PrintedResult] = ()
    settings: Sequence[Setting] = ()
    sizes: Sequence[Size] = ()
    headings: Sequence[Heading] = ()
    captions: Sequence[Caption] = ()
    limits: Sequence[Limit] = ()
    extremes: Sequence[Extreme] = ()
    orderings: Sequence[Ordering] = ()
    models: Sequence[NamedModel] = ()
    counts: Sequence[StatedCount] = ()
    lists: Sequence[StatedList] = ()
    one_hots: Sequence[OneHot] = ()
    ranges: Sequence[StatedRange] = ()

    @property
    def taken(self) -> set[int]:
        """Numbers of the lines of tables, logs and listings: no sentence is to be read there."""
        of_numbers: Sequence[Sequence[Reading]] = (
            self.reports,
            self.matrices,
            self.logs,
            self.tables,
            self.layer_tables,
            self.listings,
        )
        return {number for found in of_numbers for reading in found for number in reading.lines}

    def __iter__(self) -> Iterator[Reading]:
        for found in vars(self).values():
            yield from found
