"""Checks of settings that are valid one by one, but not together."""

from __future__ import annotations

from typing import Any

from refashion.errors import ConfigError, shown


def require_one_each(**lists: list[Any]) -> None:
    """Check that lists have as many entries as the first one.

    Parameters
    ----------
    **lists
        Settings by name.

    Raises
    ------
    ConfigError
        A list is too long or too short.

    Examples
    --------
    >>> require_one_each(widths=[350, 80], dropout=[0.1, 0.2])
    """
    (first, entries), *others = lists.items()
    for name, values in others:
        if len(values) != len(entries):
            raise ConfigError(
                f"{name}: {shown(values)}; accepted: {len(entries)} values, one for each of "
                f"{first} ({shown(entries)})"
            )


def refuse_momentum(optimizer: str, momentum: float) -> None:
    """Check that no momentum is set with Adam, whose moments are fixed.

    Raises
    ------
    ConfigError
        The optimizer is Adam, and the momentum is not 0.
    """
    if optimizer == "adam" and momentum != 0:
        raise ConfigError(
            f"momentum: {shown(momentum)}; accepted with 'adam': 0, because its moments are fixed"
        )


PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax")
NO_PROBABILITIES = (None, "linear", "log_softmax", "log_sigmoid")


def why_outputs_do_not_fit(
    loss: str, activation: str | None, from_logits: bool = False
) -> str | None:
    """Say why a loss does not fit the activation of the last layer, or return None if it does.

    A loss on probabilities clips linear outputs and divides them by their sum. The network then
    learns nothing, which looks as if a report could not be reproduced. Other activations, such as
    tanh, are taken at the word of the source, because nobody writes them by accident.

    Parameters
    ----------
    loss
        Name of the loss, as a class or a function of Keras.
    activation
        Name of the activation; None for a linear output.
    from_logits
        Whether the loss takes logits.

    Examples
    --------
    >>> why_outputs_do_not_fit("categorical_crossentropy", "softmax")
    >>> why = why_outputs_do_not_fit("categorical_crossentropy", "softmax", from_logits=True)
    >>> why.partition(";")[0]
    "from_logits: true, but the last layer gives probabilities ('softmax')"
    """
    if not loss.lower().replace("_", "").endswith(("crossentropy", "kldivergence")):
        return None
    if from_logits and activation in PROBABILITIES:
        return (
            f"from_logits: true, but the last layer gives probabilities ({shown(activation)}); "
            "accepted: from_logits: false, or a last layer without activation"
        )
    if not from_logits and activation in NO_PROBABILITIES:
        return (
            f"a loss on probabilities, but the last layer gives logits (its activation is "
            f"{shown(activation or 'linear')}); accepted: softmax or sigmoid in the last layer, "
            "or model: keras with from_logits: true"
        )
    return None
