"""strict_yaml: plain data is read as written, everything else is refused with its line."""

import doctest
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refashion import errors
from refashion.errors import ConfigError
from refashion.spec import strict_yaml

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=30)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PRINTABLE
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.yaml"


@pytest.fixture(scope="module")
def any_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yaml") / "study.yaml"


@given(content=st.dictionaries(PRINTABLE, VALUES, max_size=4))
def test_reads_what_was_written(any_path: Path, content: dict) -> None:
    # JSON is YAML, and written without knowledge of it.
    any_path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    assert strict_yaml.load(any_path) == content


@given(content=st.binary(max_size=60) | st.text("ab:-[]{}&*!<?'\"#|>%@, \n\t0.e", max_size=40))
def test_reads_or_says_why_not(any_path: Path, content: bytes | str) -> None:
    any_path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = ""
    try:
        assert isinstance(strict_yaml.load(any_path), dict)
    except ConfigError as error:
        told = str(error)
    assert all(line.startswith(f"{any_path}: line ") for line in told.splitlines())


def test_scalars_are_those_of_yaml_1_2(path: Path) -> None:
    path.write_text("{a: no, b: 1e-3, c: 010, d: 2020-01-02, e: 12:30, f: ~, g: , h: true, i: .5}")
    assert strict_yaml.load(path) == {
        "a": "no",
        "b": 0.001,
        "c": 10,
        "d": "2020-01-02",
        "e": "12:30",
        "f": None,
        "g": None,
        "h": True,
        "i": 0.5,
    }


def test_byte_order_mark_is_no_content(path: Path) -> None:
    path.write_bytes("\ufeffa: ü\n".encode())
    assert strict_yaml.load(path) == {"a": "ü"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: a: duplicate key, first on line 1; keep one"),
        (
            "runs:\n  cnn: {}\n  gru: {}\n  cnn: {}",
            "line 4: runs.cnn: duplicate key, first on line 2; keep one",
        ),
        (
            "claims:\n  - id: x\n    id: y",
            "line 3: claims[0].id: duplicate key, first on line 2; keep one",
        ),
        ("a b: 1\na b: 2", "line 2: a b: duplicate key, first on line 1; keep one"),
        (
            '"a\\e": 1',
            r"line 1: 'a\x1b': not a valid key; accepted: at most 200 characters, no control",
        ),
        ("a: &x 1\nb: 2", "line 1: anchor &x; remove it, and write every value out"),
        ("a: {<<: {b: 1}}", "line 1: a.<<: merge key; write the values out"),
        ("a: !!python/name:os.system x", "line 1: tag 'tag:yaml.org,2002:python/name:os.system'; "),
        ("a: !x 1", "line 1: tag '!x'; remove it, plain values need no tag"),
        ("a: 1\ntrue: 2", "line 2: true: the key is not text; put it in quotes"),
        ("a: 1\n~: 2", "line 2: ~: the key is not text; put it in quotes"),
        ('a: {5: 1, "5": 2}', "line 1: a.5: duplicate key"),
        ("? [a]\n: b", "line 1: ?: the key is not text"),
        ("a: " + "[" * 20 + "]" * 20, "line 1: nested more than 20 levels deep"),
        ("a:\n  - 1" + "0" * 5000, "line 2: a[0]: '1000"),
        ("a: 1e999", "line 1: a: '1e999'; number too large"),
        (
            "- a\n- b",
            "line 1: contains a list or a single value; accepted: a mapping, `key: value`",
        ),
        ("5", "line 1: contains a list or a single value"),
        ("", "line 1: contains nothing; accepted: a mapping"),
        ("# only a comment\n", "line 1: contains nothing"),
        ("a: 1\n---\nb: 2", "line 2: a second document; accepted: one"),
        ("a: 1\nb: c: d", "line 2: not valid YAML: mapping values are not allowed"),
        ("a: 1\n\tb: 2", "line 2: not valid YAML: a tab at the start; accepted: spaces"),
        ("a: [1,\n", "line 2: not valid YAML: "),
        ("a: 1\nb: \x07", r"line 2: control character '\x07'; remove it"),
        (b"a: 1\nb: \xff", "line 2: not UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "line 1: not UTF-8"),
    ],
)
def test_refuses(path: Path, content: str | bytes, message: str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        strict_yaml.load(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_tells_all_at_once_in_the_order_of_the_file(path: Path) -> None:
    path.write_text("a: {b: 1, c: 2}\nd:\n  e: 1\n  e: 2\nnull: x\na: 3\n")
    with pytest.raises(ConfigError) as caught:
        strict_yaml.load(path)
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "line 4",
        "line 5",
        "line 6",
    ]


def test_alias_is_refused_before_it_is_expanded(path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigError, match=r"line 2: alias \*a0; write the value out"):
        strict_yaml.load(path)


def test_nesting_20_deep_is_read(path: Path) -> None:
    path.write_text("a: " + "[" * 19 + "]" * 19)
    assert strict_yaml.load(path)["a"]


def test_large_file_is_refused(path: Path) -> None:
    path.write_text("a: " + "x" * strict_yaml.MAX_BYTES)
    with pytest.raises(ConfigError, match="is larger than the limit of 1,000,000 bytes"):
        strict_yaml.load(path)


def test_missing_file(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"study\.yaml: no such file; run this in the project"):
        strict_yaml.load(path)


def test_keys_are_text_as_written(path: Path) -> None:
    path.write_text("a: {0: x, 010: y, 1.50: z, no: w}")
    assert strict_yaml.load(path) == {"a": {"0": "x", "010": "y", "1.50": "z", "no": "w"}}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkfifo, "is a pipe, not a regular file"),
        (Path.mkdir, "is a folder, not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("nothing"), "no such file"),
        (
            lambda path: path.open("wb").truncate(2**41),
            "is larger than the limit of 1,000,000 bytes",
        ),
    ],
)
def test_what_is_no_file_is_told_at_once(path: Path, make: Callable, message: str) -> None:
    make(path)
    with pytest.raises(ConfigError) as caught:
        strict_yaml.load(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("module", [errors, strict_yaml])
def test_examples_in_docstrings(module: object) -> None:
    results = doctest.testmod(module)
    assert results.attempted and not results.failed
