"""Files that `load` refuses: damaged ones, and hostile ones."""

import io
import json
import zipfile

import numpy as np
import pytest
from reference_models import classifier, softmax

from scikeras_reference import KerasClassifier
from scikeras_reference.exceptions import ArchiveError

SOFTMAX = {"softmax": softmax}


def members(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def written(path, content):
    with zipfile.ZipFile(path, "w") as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "estimator.zip"


@pytest.fixture
def genuine(path, X, y3):
    classifier().fit(X, y3).save(path)
    return path


def changed(path, change):
    """Return an archive whose index was changed."""
    content = members(path)
    index = json.loads(content["estimator.json"])
    change(index)
    return written(path, {**content, "estimator.json": json.dumps(index)})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"PK nonsense"), "no zip file"),
        (lambda path: path.write_bytes(path.read_bytes()[:200]), "no zip file"),
        (lambda path: written(path, {"a": "b"}), "no estimator.json"),
        (lambda path: written(path, {"estimator.json": "{"}), "not JSON"),
        (lambda path: written(path, {"estimator.json": "[" * 10**5}), "not JSON"),
        (lambda path: written(path, {"estimator.json": "[]"}), "does not say that it is one"),
        (lambda path: changed(path, lambda index: index.update(version=2)), "version 2"),
        (lambda path: changed(path, lambda index: index.pop("parameters")), "damaged"),
        (lambda path: changed(path, lambda index: index.update(parameters=3)), "damaged"),
        (
            lambda path: changed(
                path, lambda index: index["parameters"].update(x={"~": "float", "value": "one"})
            ),
            "damaged",
        ),
        (
            lambda path: changed(path, lambda index: index["requests"].update(params={"x": True})),
            "damaged",
        ),
        (
            lambda path: changed(path, lambda index: index["parameters"].update(x={"~": "os"})),
            "no version of this package writes",
        ),
        (
            lambda path: changed(
                path, lambda index: index["parameters"].update(x={"~": "name", "name": "os.system"})
            ),
            "'os.system'.*custom_objects",
        ),
        (
            lambda path: changed(
                path,
                lambda index: index["parameters"].update(
                    x={"~": "object", "class": "Popen", "state": {}}
                ),
            ),
            "'Popen'.*custom_objects",
        ),
        (
            lambda path: changed(
                path, lambda index: index["attributes"]["items"].append(["predict", "x"])
            ),
            "replaces predict",
        ),
        (
            lambda path: changed(
                path,
                lambda index: index["fitted"]["compilation"]["config"].update(
                    loss={"module": "os", "class_name": "system", "config": {}}
                ),
            ),
            "'system' of the module 'os'",
        ),
        (
            lambda path: changed(
                path,
                lambda index: index["fitted"]["compilation"]["config"].update(
                    loss={"module": "keras.utils", "class_name": "get_file", "config": {}}
                ),
            ),
            "Keras cannot|get_file",
        ),
        (
            lambda path: written(path, {**members(path), "arrays/0.npy": b"\x93NUMPY"}),
            "array 0 is damaged",
        ),
        (lambda path: written(path, {**members(path), "models/0.keras": b"x"}), "no archive of"),
        (
            lambda path: written(
                path, {k: v for k, v in members(path).items() if not k.startswith("models")}
            ),
            "no member 'models/0.keras'",
        ),
    ],
)
def test_what_is_refused(make, message, genuine):
    """Each error is one of the package's own, and says what is wrong with the file."""
    make(genuine)

    with pytest.raises(ArchiveError, match=f"(?s){message}"):
        KerasClassifier.load(genuine, custom_objects=SOFTMAX)


def test_arrays_cannot_claim_what_they_do_not_hold(genuine):
    """Neither objects, which would be pickled, nor a size that is not there."""
    for dtype, shape in (("|O", (1,)), ("<f8", (10**9, 10**9))):
        buffer = io.BytesIO()
        header = {"descr": dtype, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(buffer, header)
        written(genuine, {**members(genuine), "arrays/0.npy": buffer.getvalue() + b"x" * 8})
        with pytest.raises(ArchiveError, match="array 0 is damaged"):
            KerasClassifier.load(genuine, custom_objects=SOFTMAX)


def test_bombs_are_not_unpacked(genuine):
    """Only the index is compressed, and it has a limit."""
    content = members(genuine)
    with zipfile.ZipFile(genuine, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in content.items():
            file.writestr(name, data)

    with pytest.raises(ArchiveError, match="compressed or encrypted"):
        KerasClassifier.load(genuine)


def test_a_model_that_is_a_bomb_is_not_unpacked(genuine):
    """The archive of Keras within may be compressed, but not by a thousand."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b" " * (70 * 2**20))
    written(genuine, {**members(genuine), "models/0.keras": buffer.getvalue()})

    with pytest.raises(ArchiveError, match="unpacked it would have"):
        KerasClassifier.load(genuine, custom_objects=SOFTMAX)


def test_an_index_that_cannot_be_unpacked(genuine):
    """It is compressed, so that a changed byte is an error of its own kind."""
    data = bytearray(genuine.read_bytes())
    with zipfile.ZipFile(genuine) as file:
        start = file.getinfo("estimator.json").header_offset + 30 + len("estimator.json")
    data[start : start + 4] = b"\xff\xff\xff\xff"
    genuine.write_bytes(data)

    with pytest.raises(ArchiveError, match=r"'estimator.json' is damaged"):
        KerasClassifier.load(genuine, custom_objects=SOFTMAX)


def test_a_model_that_names_other_modules(genuine):
    """Keras would import the module; it is refused before."""
    content = members(genuine)
    inner = io.BytesIO(content["models/0.keras"])
    with zipfile.ZipFile(inner) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][-1].update(module="antigravity", class_name="fly")
    config["config"]["layers"][-1]["registered_name"] = "fly"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in {**parts, "config.json": json.dumps(config)}.items():
            file.writestr(name, data)
    written(genuine, {**content, "models/0.keras": buffer.getvalue()})

    with pytest.raises(ArchiveError, match="'fly' of the module 'antigravity'"):
        KerasClassifier.load(genuine, custom_objects=SOFTMAX)
