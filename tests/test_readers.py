"""Data that studies describe: what is read from files of each format, and how faults are told."""

import gzip
import io
import pickle
import struct
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn import datasets as bundled

from refashion.data import glance
from refashion.data.described import Described
from refashion.data.readers.labels import in_order
from refashion.errors import DataError
from refashion.spec import dataset as spec

IRIS = bundled.load_iris(as_frame=True)


def described(folder, data, study="iris", **more):
    """Make the dataset of a description, which must have no problems."""
    found, problems = spec.describe(data, study, folder, more.get("data_dirs", ()), folder / "data")
    assert problems == [] and found is not None
    return found


def content(folder, data):
    """Read files as they stand in the study's folder."""
    source = described(folder, data)
    assert all(source.FILES.values()), "a file has not been found"
    for place, name in source.places.items():
        (folder / "raw" / name).parent.mkdir(exist_ok=True)
        path = source.local(place)
        if path.is_dir():
            from refashion.data.fetching.packed import pack

            pack(path, folder / "raw" / name, 10**9)
        else:
            (folder / "raw" / name).write_bytes(path.read_bytes())
    return source.content(folder / "raw")


def fault(folder, text, **description):
    """Give the message about a table with a fault."""
    raw = text if isinstance(text, bytes) else text.encode()
    (folder / "t.csv").write_bytes(raw)
    with pytest.raises(DataError) as raised:
        content(folder, {"csv": "t.csv", "target": "y", "task": "classification"} | description)
    message = str(raised.value)
    assert message.startswith(f"{folder / 'study.yaml'}: dataset: t.csv: ")
    assert "\n" not in message
    return message.partition("dataset: ")[2]


def test_a_table_of_numbers_with_classes_of_text(tmp_path):
    table = IRIS.data.assign(species=IRIS.target_names[IRIS.target])
    table.to_csv(tmp_path / "iris.csv", index=False)
    found = content(tmp_path, {"csv": "iris.csv", "target": "species"})
    assert found.classes == ["setosa", "versicolor", "virginica"]
    assert found.features == list(IRIS.data.columns)
    assert found.categories == {}
    np.testing.assert_array_equal(found.arrays["all_x"], IRIS.data.to_numpy())
    np.testing.assert_array_equal(found.arrays["all_y"], IRIS.target)


PEOPLE = """\
id;city;pay;member;grade;left
1;Ulm;1,5;True;1;no
2;Kiel;-2;False;3;yes
3;Köln;3e2;True;1;no
4;Ulm;;False;2;yes
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_categories_become_the_columns_of_get_dummies(tmp_path, encoding):
    (tmp_path / "people.csv").write_bytes(PEOPLE.replace("\n", "\r\n").encode(encoding))
    description = {
        **{"csv": "people.csv", "target": "left", "separator": ";", "decimal": ","},
        **{"leave_out": ["id"], "types": {"grade": "category"}, "missing": "drop"},
        "encoding": "utf-8" if encoding == "utf-8-sig" else encoding,
    }
    found = content(tmp_path, description)
    frame = pd.read_csv(io.StringIO(PEOPLE), sep=";", decimal=",", dtype={"grade": str})
    frame = frame.dropna().drop(columns=["id", "left"])
    dummies = pd.get_dummies(frame, columns=["city", "grade"], dtype=float)
    # 2 does not occur any more, because its row has a missing value.
    assert found.features == list(dummies.columns)
    np.testing.assert_array_equal(found.arrays["all_x"], dummies.to_numpy(float))
    assert found.categories == {"city": ["Kiel", "Köln", "Ulm"], "grade": ["1", "3"]}
    assert (found.classes, found.arrays["all_y"].tolist()) == (["no", "yes"], [0, 1, 0])
    assert found.dropped == 1


def test_a_missing_value_can_be_kept(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n1,x,2.5\nNA,y,3\n3,,4\n")
    found = content(
        tmp_path, {"csv": "t.csv", "target": "y", "task": "regression", "missing": "keep"}
    )
    expected = [[1, 1, 0], [np.nan, 0, 1], [3, 0, 0]]
    np.testing.assert_array_equal(found.arrays["all_x"], expected)
    assert found.arrays["all_y"].tolist() == [2.5, 3, 4]


def test_stated_missing_values_replace_the_usual_ones(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\nNone,u\nNA,v\n?,u\nNone,v\n")
    description = {"csv": "t.csv", "target": "y", "missing_values": ["?"], "missing": "drop"}
    assert content(tmp_path, description).categories == {"a": ["NA", "None"]}


@pytest.mark.parametrize(
    ("text", "separator"),
    [("1 2 u\n\n 3\t4   v\n", "whitespace"), ("1, 2, u\n3, 4, v\n", ", "), ("1|2|u\n3|4|v\n", "|")],
)
def test_files_without_a_header_and_with_other_separators(tmp_path, text, separator):
    (tmp_path / "t.csv").write_text(text)
    names = ["a", "b", "y"]
    data = {"csv": "t.csv", "target": "y", "names": names, "separator": separator}
    found = content(tmp_path, data)
    assert found.arrays["all_x"].tolist() == [[1, 2], [3, 4]]
    assert found.classes == ["u", "v"]


def test_texts_are_kept(tmp_path):
    rows = 'ham\tOk "fine", see you\nspam\tWIN $$$ now\nham\t\n'
    (tmp_path / "sms.tsv").write_text(rows)
    data = {"tsv": "sms.tsv", "target": "label", "names": ["label", "text"], "quotes": False}
    found = content(tmp_path, data | {"types": {"text": "text"}, "missing": "keep"})
    assert found.arrays["all_x"].tolist() == ['Ok "fine", see you', "WIN $$$ now", ""]
    assert found.arrays["all_x"].dtype.kind == "U"
    assert found.features == []


def test_labels_that_are_numbers_are_sorted_by_value(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n1,10\n2,9\n3,10\n")
    data = {"csv": "t.csv", "target": "y", "task": "classification"}
    assert content(tmp_path, data).classes == ["9", "10"]
    stated = content(tmp_path, data | {"classes": [10, 9]})
    assert (stated.classes, stated.arrays["all_y"].tolist()) == (["10", "9"], [0, 1, 0])


def test_two_files_are_a_given_test_set(tmp_path):
    (tmp_path / "a.csv").write_text("c,y\nu,0\nv,1\nu,1\n")
    (tmp_path / "b.csv").write_text("y,c\n1,w\n0,u\n")
    data = {"csv": {"train": "a.csv", "test": "b.csv"}, "target": "y", "task": "classification"}
    found = content(tmp_path, data)
    assert found.features == ["c_u", "c_v", "c_w"]
    assert found.arrays["train_x"].tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert found.arrays["test_x"].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert found.arrays["test_y"].tolist() == [1, 0]
    assert described(tmp_path, data).PARTS == ("train", "test")


def test_a_class_that_training_lacks(tmp_path):
    (tmp_path / "a.csv").write_text("a,y\n1,u\n2,v\n")
    (tmp_path / "b.csv").write_text("a,y\n1,u\n2,vv\n")
    data = {"csv": {"train": "a.csv", "test": "b.csv"}, "target": "y"}
    with pytest.raises(DataError, match=r"b\.csv: line 3, column 'y': 'vv'; accepted: .*training"):
        content(tmp_path, data)


FAULTS = [
    ("", {}, "empty; accepted: a table"),
    ("a,y\n", {}, "no rows below the header"),
    ("a,y\n1,u\n2\n3,v\n", {}, "line 3: 1 cells; accepted: 2, as many as the header has"),
    ("a,y\n1,u\n2,v,w\n", {}, "line 3: 3 cells; accepted: 2"),
    ("a,y\n1,u,2\n", {"names": ["a", "y"]}, "line 2: 3 cells; accepted: 2, as many as names has"),
    ("a,a,y\n1,2,u\n", {}, "line 1: two columns are named 'a'; accepted: a different name"),
    ("a,y\n1,u\n2,u\n", {}, "column 'y': only the class 'u'; accepted: examples of at least two"),
    (
        "a,y\n1,u\n2,\n",
        {},
        "line 3, column 'y': missing; accepted: a value in every row, or missing",
    ),
    ("a,y\n,u\n,v\n", {}, "column 'a': all values are missing; accepted: a column with values"),
    ("a,y\n1,u\n,v\n", {}, "line 3, column 'a': missing; accepted: missing: drop"),
    ("a,b,y\n,1,u\n2,,v\n", {"missing": "drop"}, "every row has a missing value"),
    ("a,y\n1,u\ninf,v\n", {}, "line 3, column 'a': Infinity; accepted: a finite number"),
    ("a,y\n1,u\n2,v\nx,v\n", {}, "line 4, column 'a': 'x'; accepted: a number, as in most rows"),
    ("a,y\nw,u\n1,v\n", {"types": {"a": "number"}}, "line 2, column 'a': 'w'; accepted: a number"),
    (
        "a,y\n1,u\n2,v\n3,w\n",
        {"classes": ["u", "w"]},
        "line 3, column 'y': 'v'; accepted: one of the classes, 'u'",
    ),
    ("a,y\n1,u\n2,v\n", {"task": "regression"}, "line 2, column 'y': 'u' (and in 1 more rows)"),
    (
        'a,y\n1,"651,55"\n2,"-3,5"\n',
        {"task": "regression"},
        "line 2, column 'y': '651,55' (and in 1 more rows); accepted: a number; or state `decimal",
    ),
    ("a,y\n1,é\n2,v\n".encode("latin-1"), {}, "line 2: not text in utf-8 (byte 0xe9); accepted:"),
    ("a,y\n1,u\0\n", {}, "line 2: a character with the code 0; accepted: a text file"),
    ('a,y\n1,"u\n2,v\n', {}, "line 3: unexpected end of data; accepted: cells"),
    ("a,y\n1," + 200_000 * "u", {}, "line 2: field larger than field limit (131072)"),
    ("a,y\n1,u\n2,\u202ev\n", {}, "column 'y': the name '\\u202ev'; accepted: visible characters"),
    ("a,y\nn\x1b[31m,u\nm,v\n", {}, "the name 'a_n\\x1b[31m'; accepted: visible"),
    ("y\nu\nv\n", {}, "no columns beside the target 'y'"),
]


@pytest.mark.parametrize(("text", "more", "message"), FAULTS, ids=[each[2][:40] for each in FAULTS])
def test_faults_of_tables(tmp_path, text, more, message):
    if message.startswith("no columns beside"):
        (tmp_path / "t.csv").write_text(text)
        with pytest.raises(DataError, match=message):
            content(tmp_path, {"csv": "t.csv", "target": "y"})
        return
    assert message in fault(tmp_path, text, **more)


def test_a_line_without_end_is_not_read_as_a_whole(tmp_path, monkeypatch):
    from refashion.data.readers import rows

    monkeypatch.setattr(rows, "LONGEST_LINE", 1000)
    assert "line 2: 1,000 characters or more" in fault(tmp_path, "a,y\n1,u" + 1000 * " ")


def test_a_column_of_names_is_no_category(tmp_path):
    rows = "".join(f"person {n},{'uv'[n % 2]}\n" for n in range(30))
    message = fault(tmp_path, f"a,y\n{rows}")
    assert "column 'a': 30 different texts in 30 rows; accepted: types: {a: category}" in message
    (tmp_path / "t.csv").write_text(f"a,y\n{rows}")
    data = {"csv": "t.csv", "target": "y", "types": {"a": "category"}}
    assert content(tmp_path, data).arrays["all_x"].shape == (30, 30)


def test_a_continuous_target_is_no_class(tmp_path):
    rows = "".join(f"1,{n / 7:.3f}\n" for n in range(30))
    message = fault(tmp_path, f"a,y\n{rows}")
    assert "column 'y': 30 different values in 30 examples; accepted: classes, or" in message


def test_arrays(tmp_path):
    x, y = np.arange(24).reshape(6, 2, 2).astype(np.uint8), np.array([[3], [5], [3]] * 2)
    np.savez(tmp_path / "d.npz", x_train=x[:4], y_train=y[:4], x_test=x[4:], y_test=y[4:], o=[None])
    data = {
        "npz": "d.npz",
        "inputs": {"train": "x_train", "test": "x_test"},
        "target": {"train": "y_train", "test": "y_test"},
        "task": "classification",
    }
    found = content(tmp_path, data)
    assert found.classes == ["3", "5"]
    assert found.arrays["test_y"].tolist() == [1, 0]
    np.testing.assert_array_equal(found.arrays["train_x"], x[:4])
    for change, message in [
        ({"inputs": "x_tran", "target": "y_train"}, "no array 'x_tran'.*did you mean 'x_train'"),
        ({"inputs": "x_test", "target": "y_train"}, "2 examples in 'x_test', but 4 in 'y_train'"),
        ({"inputs": "o", "target": "y_train"}, "an array of Python objects, which only pickle"),
        ({"inputs": "x_train", "target": "x_train"}, "accepted: a label or number for each"),
    ]:
        with pytest.raises(DataError, match=message):
            content(tmp_path, data | change)
    (tmp_path / "d.npz").write_bytes(pickle.dumps([1]))
    with pytest.raises(DataError, match=r"d\.npz: "):
        content(tmp_path, data)


def test_a_label_that_is_nan_is_no_class(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 2)), y=[0, 1, np.nan, 0])
    data = {"npz": "d.npz", "inputs": "x", "target": "y", "task": "classification"}
    with pytest.raises(DataError, match=r"d\.npz: y\[2\]: nan; accepted: a label or finite"):
        content(tmp_path, data)


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path):
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (10**13, 10)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    data = {"npz": "d.npz", "inputs": "x", "target": "x", "task": "regression"}
    with pytest.raises(DataError, match=r"d\.npz: .*accepted: arrays of numbers or text"):
        content(tmp_path, data)


def test_labels_have_an_order_that_does_not_depend_on_chance():
    assert in_order(["nan", "10", "9"]) == in_order(["9", "nan", "10"])
    assert in_order(["9.0", "9", "10"]) == in_order(["9", "10", "9.0"])


def test_idx_files(tmp_path):
    def idx(*shape):
        size = int(np.prod(shape))
        header = struct.pack(f">{1 + len(shape)}I", 2048 + len(shape), *shape)
        return header + bytes(place % 3 for place in range(size))

    (tmp_path / "i").write_bytes(idx(6, 2, 2))
    (tmp_path / "l").write_bytes(idx(6))
    data = {"idx": "i", "labels": "l", "task": "classification"}
    found = content(tmp_path, data)
    assert found.arrays["all_x"].shape == (6, 2, 2)
    assert found.classes == ["0", "1", "2"]
    (tmp_path / "l").write_bytes(idx(5))
    with pytest.raises(DataError, match="i: 6 examples, but 5 labels in l"):
        content(tmp_path, data)


def image(path, size=(5, 4), mode="L", colour=7):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def test_folders_of_images(tmp_path):
    for name in ("boot/2.png", "boot/1.png", "bag/x.JPG", "bag/.hidden.txt"):
        if name.endswith("txt"):
            (tmp_path / "shoes" / name).write_text("")
        else:
            image(tmp_path / "shoes" / name)
    found = content(tmp_path, {"images": "shoes"})
    assert found.classes == ["bag", "boot"]
    assert found.arrays["all_y"].tolist() == [0, 1, 1]
    assert found.arrays["all_x"].shape == (3, 4, 5)
    assert content(tmp_path, {"images": "shoes", "channels": "rgb"}).arrays["all_x"].ndim == 4
    image(tmp_path / "shoes/bag/y.png", (8, 8), "RGB", (1, 2, 3))
    with pytest.raises(DataError, match=r"'bag/y.png' has 8 x 8 pixels, others 4 x 5; accepted"):
        content(tmp_path, {"images": "shoes"})
    resized = content(tmp_path, {"images": "shoes", "size": [6, 3]})
    assert resized.arrays["all_x"].shape == (4, 6, 3, 3)
    (tmp_path / "shoes/bag/y.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"'bag/y\.png': cannot identify image file"):
        content(tmp_path, {"images": "shoes"})
    (tmp_path / "shoes/bag/y.png").rename(tmp_path / "shoes/bag/y.txt")
    with pytest.raises(DataError, match=r"'bag/y\.txt' is not an image"):
        content(tmp_path, {"images": "shoes"})


def test_what_pillow_can_open_is_not_always_an_image(tmp_path, monkeypatch):
    image(tmp_path / "shoes/bag/x.png")
    other = tmp_path / "shoes/boot/y.png"
    other.parent.mkdir()
    # Pillow passes EPS on to Ghostscript.
    Image.new("RGB", (5, 4)).save(other, "EPS")
    with pytest.raises(DataError, match=r"'boot/y\.png': cannot identify image file; accepted"):
        content(tmp_path, {"images": "shoes"})
    Image.fromarray(np.full((4, 5), 3000, np.uint16)).save(other)
    with pytest.raises(DataError, match=r"'boot/y\.png': more than 8 bits"):
        content(tmp_path, {"images": "shoes"})


def test_an_encrypted_archive_is_refused(tmp_path):
    image(tmp_path / "one.png")
    with zipfile.ZipFile(tmp_path / "shoes.zip", "w") as archive:
        for name in ("a/1.png", "b/1.png"):
            archive.writestr(name, (tmp_path / "one.png").read_bytes())
    raw = (tmp_path / "shoes.zip").read_bytes()
    for start, flags in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        parts = raw.split(start)
        marked = [part[: flags - 4] + b"\1" + part[flags - 3 :] for part in parts[1:]]
        raw = start.join([parts[0], *marked])
    (tmp_path / "shoes.zip").write_bytes(raw)
    with pytest.raises(DataError, match="is encrypted"):
        content(tmp_path, {"images": "shoes.zip"})


def test_archives_of_images_with_parts(tmp_path):
    with zipfile.ZipFile(tmp_path / "shoes.zip", "w") as archive:
        for name in ("train/a/1.png", "train/b/1.png", "test/b/2.png", "__MACOSX/x"):
            image(tmp_path / "one.png")
            archive.writestr(f"shoes/{name}", (tmp_path / "one.png").read_bytes())
    parts = {part: f"shoes.zip/shoes/{part}" for part in ("train", "test")}
    found = content(tmp_path, {"images": parts})
    assert found.arrays["train_y"].tolist() == [0, 1]
    assert found.arrays["test_y"].tolist() == [1]
    assert list(described(tmp_path, {"images": parts}).FILES) == ["shoes.zip"]


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "digits", "iris", "wine"])
def test_data_of_scikit_learn(tmp_path, name):
    source = described(tmp_path, {"sklearn": name}, "some_study")
    loaded = getattr(bundled, f"load_{name}")()
    found = source.content(tmp_path)
    assert len(found.arrays["all_x"]) == len(loaded.data)
    np.testing.assert_array_equal(found.arrays["all_y"], loaded.target)
    names = [str(each) for each in getattr(loaded, "target_names", [])]
    assert (names if source.TASK == "classification" else []) == source.CLASSES
    assert source.FILES == {} and source.TITLE and source.TARGET


ARFF = """% a comment
@relation flowers
@attribute width numeric
@attribute colour {red, blue}
@attribute kind {u, v}
@data
1.5,red,u
?,blue,v
3,red,v
"""


def test_the_format_of_openml(tmp_path):
    data = {
        **{"openml": {"id": 61, "version": 1}, "sha256": 64 * "0", "target": "kind"},
        **{"task": "classification", "missing": "drop"},
    }
    source = described(tmp_path, data)
    assert list(source.FILES) == ["openml-61.arff"]
    (tmp_path / "openml-61.arff").write_text(ARFF)
    found = source.content(tmp_path)
    assert found.features == ["width", "colour_red"]
    assert found.arrays["all_x"].tolist() == [[1.5, 1], [3, 1]]
    assert found.classes == ["u", "v"]
    (tmp_path / "openml-61.arff").write_text(ARFF.replace("numeric", "string"))
    with pytest.raises(DataError, match=r"openml-61\.arff: columns of texts or dates"):
        source.content(tmp_path)
    (tmp_path / "openml-61.arff").write_text("")
    with pytest.raises(DataError, match=r"openml-61\.arff"):
        source.content(tmp_path)


def test_parquet_needs_a_package(tmp_path, monkeypatch):
    monkeypatch.setattr(spec.importlib.util, "find_spec", lambda name: None)
    data = {"parquet": "t.parquet", "target": "y", "task": "classification"}
    found, problems = spec.describe(data, "iris", tmp_path, (), tmp_path)
    assert found is None
    assert "needs the package pyarrow" in problems[0].text


def problem(folder, data, study="iris"):
    found, problems = spec.describe(data, study, folder, (), folder / "data")
    assert found is None and len(problems) == 1
    return ".".join(map(str, problems[0].where)), problems[0].text


def test_the_task_is_guessed_or_asked_for(tmp_path):
    (tmp_path / "t.csv").write_text("a,y,z\n1,u,0\n2,v,1\n")
    data = {"csv": "t.csv"}
    assert described(tmp_path, data | {"target": "y"}).TASK == "classification"
    where, text = problem(tmp_path, data | {"target": "z"})
    assert (where, text) == (
        "dataset.task",
        "missing, and the target 'z' holds numbers; accepted: 'classification' or 'regression'",
    )


def test_a_misspelt_file_is_told_by_its_own_key(tmp_path, monkeypatch):
    monkeypatch.delenv("REFASHION_DATA", raising=False)
    (tmp_path / "iris.csv").write_text("a,y\n1,u\n2,v\n")
    (tmp_path / "study.yaml").touch()
    assert problem(tmp_path, {"csv": "iirs.csv", "target": "y"}) == (
        "dataset.csv",
        f"'iirs.csv'; no such file in {tmp_path}, and task is not stated; accepted: iris.csv; "
        "did you mean 'iris.csv'?",
    )


@pytest.mark.parametrize(
    ("more", "where", "message"),
    [
        ({"target": "kin"}, "dataset.target", "'kin'; no such column in t.csv; accepted: a, kind"),
        ({"columns": ["b"]}, "dataset.columns.0", "'b'; no such column in t.csv"),
        ({"leave_out": ["b"]}, "dataset.leave_out.0", "'b'; no such column in t.csv"),
        ({"types": {"A": "number"}}, "dataset.types.A", "did you mean 'a'?"),
        ({"classes": ["u", "w"]}, "dataset.classes.1", "'w'; no such label in the data"),
    ],
)
def test_what_a_table_does_not_have_is_told_before_it_is_read(tmp_path, more, where, message):
    (tmp_path / "t.csv").write_text("a,kind\n1,u\n2,v\n")
    at, text = problem(tmp_path, {"csv": "t.csv", "target": "kind"} | more)
    assert at == where
    assert message in text


def test_what_a_packed_table_does_not_have_is_told_when_it_is_read(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,y\n1,u\n2,v\n"))
    data = {"csv": "t.csv", "target": "Y", "task": "classification"}
    source = described(tmp_path, data)
    (tmp_path / "t.csv").write_text("a,y\n1,u\n2,v\n")
    with pytest.raises(DataError, match="no column 'Y'; accepted: a, y; did you mean 'y'"):
        source.content(tmp_path)


def test_only_the_header_of_a_large_table_is_read(tmp_path):
    (tmp_path / "t.csv").write_text("a,kind\n" + "1,u\n2,v\n" * (glance.SMALL // 8 - 1))
    data = {"csv": "t.csv", "target": "kind"}
    assert described(tmp_path, data).expected_classes == ["u", "v"]
    (tmp_path / "t.csv").write_text("a,kind\n" + "1,u\n2,v\n" * (1 + glance.SMALL // 8))
    assert described(tmp_path, data).expected_classes == []
    assert described(tmp_path, data).expected_columns == ["a", "kind"]


TABLE = {"csv": "t.csv", "target": "y", "task": "classification"}


@pytest.mark.parametrize(
    ("data", "study", "where", "message"),
    [
        (TABLE, "fashion_mnist", "dataset", "there is a module of this name; accepted: name"),
        (TABLE | {"name": "flight_prices"}, "x", "dataset.name", "there is a module"),
        (TABLE | {"columns": ["a", "y"]}, "x", "dataset.columns", "it contains the target"),
        (TABLE | {"address": "https://a.b/t.csv"}, "x", "dataset.sha256", "missing; accepted: the"),
        (TABLE | {"sha256": {"u": 64 * "0"}}, "x", "dataset.sha256.u", "no such file; accepted: t"),
        (TABLE | {"decimal": ","}, "x", "dataset.decimal", "','; it is the separator as well"),
        ({"images": "a", "task": "regression"}, "x", "dataset.task", "the folders of images"),
        (
            {"csv": {"train": "a/t.csv", "test": "b/t.csv"}, "target": "y", "task": "regression"},
            *("x", "dataset.csv", "two files are named 't.csv'"),
        ),
        (
            {"idx": {"train": "a", "test": "b"}, "labels": "c", "task": "classification"},
            *("x", "dataset.labels", "accepted: train and test in both idx and labels"),
        ),
    ],
)
def test_problems_of_descriptions(tmp_path, data, study, where, message):
    found = problem(tmp_path, data, study)
    assert found[0] == where
    assert message in found[1]


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (tmp_path / "t.csv").write_text("a,y\n1,u\n")
    (folder / "t.csv").symlink_to(tmp_path / "t.csv")
    where, text = problem(folder, TABLE)
    assert (where, text) == (
        "dataset.csv",
        "'t.csv'; a link leads outside the study's folder; accepted: a file in it",
    )


@pytest.mark.parametrize(
    "name", ["../t.csv", "/etc/passwd", "a/../../t.csv", "~/t.csv", "a\\t.csv"]
)
def test_a_path_out_of_the_folder_is_refused(tmp_path, name):
    assert "leads outside the study's folder" in problem(tmp_path, TABLE | {"csv": name})[1]


def test_an_edit_of_a_file_is_another_version(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n1,u\n2,v\n")
    before = described(tmp_path, TABLE).version
    assert described(tmp_path, TABLE | {"title": "Another"}).version == before
    assert described(tmp_path, TABLE | {"missing": "drop"}).version != before
    (tmp_path / "t.csv").write_text("a,y\n1,u\n3,v\n")
    assert described(tmp_path, TABLE).version != before


def test_files_are_found_in_data_dirs_too(tmp_path):
    place = tmp_path / "shared" / "iris"
    place.mkdir(parents=True)
    (place / "t.csv").write_text("a,y\n1,u\n2,v\n")
    source = described(tmp_path / "study", TABLE, data_dirs=[tmp_path / "shared"])
    assert isinstance(source, Described)
    assert source.local("t.csv") == place / "t.csv"
    assert len(source.FILES["t.csv"]) == 64


def test_columns_that_are_left_out_may_still_divide_the_examples(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    data = {"csv": "people.csv", "separator": ";", "decimal": ",", "target": "left"}
    data |= {"leave_out": ["id", "city"], "missing": "drop"}
    found = content(tmp_path, data)
    assert described(tmp_path, data).COLUMNS == ["id", "city"]
    assert found.arrays["all_columns"].tolist() == [["1", "Ulm"], ["2", "Kiel"], ["3", "Köln"]]
    assert not described(tmp_path, data).is_prepared
