"""A finished run without its log and checkpoints, in another folder or as bytes."""

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from kgattn.errors import RunError
from kgattn.files import replacing_folder
from kgattn.training.run_folder import CONFIG, ENTITY_MAP, MODEL, RESULT, RunFolder


def copy_run(run: Path, target: Path) -> None:
    """Copy what is needed to use the run; `target` and all in it is replaced.

    Raises:
        RunError: `run` holds no finished run.
        StorageError: Writing failed; what was there before is untouched.
    """
    with replacing_folder(target) as new:
        for file in _files(run):
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(run / file, new / file)


def pack_run(run: Path) -> dict[str, bytes]:
    """The same files as bytes, by their paths in the folder.

    Raises:
        RunError: `run` holds no finished run.
    """
    return {file.as_posix(): (run / file).read_bytes() for file in _files(run)}


def unpack_run(files: Mapping[str, bytes], folder: Path) -> None:
    """Write packed files into an empty folder.

    Raises:
        RunError: A path leads out of the folder, or the files are no finished run.
    """
    paths = [PurePosixPath(name) for name in files]
    outside = next((path for path in paths if path.is_absolute() or ".." in path.parts), None)
    if outside is not None:
        raise RunError(f"a packed run may hold no paths that lead out of it, got {str(outside)!r}; do not trust it")
    for path, content in zip(paths, files.values(), strict=True):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    RunFolder(folder).result()


def _files(run: Path) -> list[Path]:
    RunFolder(run).result()  # an unfinished run is refused
    model = sorted(path.relative_to(run) for path in (run / MODEL).rglob("*") if path.is_file())
    return [Path(name) for name in (CONFIG, RESULT, ENTITY_MAP) if (run / name).is_file()] + model
