"""The file that ``save`` writes: a zip of JSON, arrays and Keras's own archives."""

import errno
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from scikeras_reference._serialization.keras_configs import check_config
from scikeras_reference.exceptions import ArchiveError

__all__ = ["Archive", "write_archive"]

FORMAT = "scikeras-reference-estimator"
VERSION = 1
_WRITTEN_WITH = ("keras", "scikit-learn")
"""Packages whose versions are stored, for readers of the file."""
_INDEX = "estimator.json"
_MAX_INDEX = 64 * 2**20
"""Largest index in bytes; it is the only compressed member."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What reading a member of a damaged zip raises."""
_MAX_COMPRESSION = 20
"""How much smaller than its members an archive of Keras may be, which has an index of its own."""


def write_archive(
    path: str | os.PathLike[str],
    content: Mapping[str, Any],
    arrays: Sequence[Any],
    models: Sequence[Any],
) -> None:
    """Write an archive; the file appears when it is complete.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    content : mapping
        What the index holds besides the format and versions, as JSON has it.
    arrays, models : sequence
        Arrays without objects, and uncompiled Keras models, by their numbers in the index.

    Raises
    ------
    OSError
        If there is no such folder, or if nothing can be written into it.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no folder to save into", str(target.parent))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "This is a folder, and save writes a file", str(path))
    versions = {name: metadata.version(name) for name in _WRITTEN_WITH}
    head = {"format": FORMAT, "version": VERSION, "versions": versions}
    index = json.dumps({**head, **content}, allow_nan=False)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        made = Path(folder) / "archive"
        with zipfile.ZipFile(made, "w") as file:
            file.writestr(_INDEX, index, zipfile.ZIP_DEFLATED)
            for number, array in enumerate(arrays):
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, array, allow_pickle=False)
                file.writestr(f"arrays/{number}.npy", buffer.getvalue())
            for number, model in enumerate(models):
                saved = Path(folder) / f"{number}.keras"
                keras.saving.save_model(model, saved)
                file.write(saved, f"models/{number}.keras")
        made.replace(target)


class Archive:
    """An archive that is read; a context manager.

    Parameters
    ----------
    path : str or path-like
        A file that `write_archive` wrote, or that somebody says so of.

    Raises
    ------
    ArchiveError
        A ``ValueError``, for anything else, without having read more than its table of contents.
    FileNotFoundError
        If there is no file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        try:
            self._file = zipfile.ZipFile(self._path)
        except zipfile.BadZipFile as error:
            raise self._error("it is no zip file, or a damaged one") from error
        try:
            self.content = self._read_index()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def _read_index(self) -> dict[str, Any]:
        infos = self._file.infolist()
        names = [info.filename for info in infos]
        if len(set(names)) < len(names) or _INDEX not in names:
            raise self._error(f"it has no {_INDEX}, or members of the same name")
        for info in infos:
            stored = (
                info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size
            )
            if info.flag_bits & 1 or (info.filename != _INDEX and not stored):
                raise self._error(f"its member {info.filename!r} is compressed or encrypted")
        if self._file.getinfo(_INDEX).file_size > _MAX_INDEX:
            raise self._error(f"its {_INDEX} is larger than {_MAX_INDEX} bytes")
        index = self._read(_INDEX)
        try:
            content = json.loads(index)
        except (ValueError, RecursionError) as error:
            raise self._error(f"its {_INDEX} is not JSON") from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise self._error(f"its {_INDEX} does not say that it is one")
        if content.get("version") != VERSION:
            raise self._error(
                f"it has version {content.get('version')!r} of the format, and this package reads"
                f" version {VERSION}; use the version of the package that wrote it"
            )
        return content

    def array(self, number: int) -> Any:
        """Return an array; its header has to fit the size of the member."""
        data = self._read(f"arrays/{int(number)}.npy")
        buffer = io.BytesIO(data)
        try:
            version = np.lib.format.read_magic(buffer)
            shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
            size = dtype.itemsize * int(np.prod(shape, dtype=object))
            if version != (1, 0) or dtype.hasobject or size != len(data) - buffer.tell():
                raise ValueError("header and size of the array differ")  # noqa: TRY301
            buffer.seek(0)
            return np.lib.format.read_array(buffer, allow_pickle=False)
        except (ValueError, OverflowError) as error:
            raise self._error(f"its array {number} is damaged: {error}") from error

    def model(self, number: int, allowed: Mapping[str, Any], safe_mode: bool) -> Any:
        """Return a model, which Keras loads; names of others than Keras have to be allowed."""
        data = self._read(f"models/{int(number)}.keras")
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as inner:
                size = sum(info.file_size for info in inner.infolist())
                if size > _MAX_INDEX + _MAX_COMPRESSION * len(data):
                    raise ValueError(f"unpacked it would have {size} bytes")  # noqa: TRY301
                config = json.loads(inner.read("config.json"))
        except (*_DAMAGE, KeyError, ValueError) as error:
            raise self._error(f"its model {number} is no archive of Keras: {error}") from error
        check_config(config, allowed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            path.write_bytes(data)
            try:
                return keras.saving.load_model(
                    path, custom_objects=dict(allowed), compile=False, safe_mode=safe_mode
                )
            except Exception as error:
                raise self._error(f"Keras cannot load its model: {error}") from error

    def _read(self, name: str) -> bytes:
        try:
            return self._file.read(name)
        except KeyError as error:
            raise self._error(f"it has no member {name!r}") from error
        except _DAMAGE as error:
            raise self._error(f"its member {name!r} is damaged: {error}") from error

    def _error(self, why: str) -> ArchiveError:
        return ArchiveError(
            f"{self._path} cannot be loaded as an estimator: {why}. load reads what save wrote;"
            " use pickle.load, joblib.load or keras.saving.load_model for other files."
        )
