"""Whatever goes wrong, and whenever, the old files are there or the new ones, and nothing else."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from kgattn.errors import GraphError, StorageError
from kgattn.files import check_version, replacing, replacing_folder, temporary_folder, write_json, write_text


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def fill(folder: Path, text: str) -> None:
    (folder / "sub").mkdir()
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (folder / name).write_text(text)


@pytest.fixture
def old(tmp_path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    fill(folder, "old")
    (folder / "mine.txt").write_text("mine")
    return folder


def test_entries_are_replaced_and_other_files_kept(old, tmp_path):
    with replacing(old, last="a.txt") as scratch:
        fill(scratch, "new")
    assert content(old) == {"a.txt": "new", "b.txt": "new", "mine.txt": "mine", "sub/c.txt": "new"}
    with replacing_folder(old) as new:
        fill(new, "newer")
    assert content(tmp_path) == {f"folder/{name}": "newer" for name in ("a.txt", "b.txt", "sub/c.txt")}
    assert stat.S_IMODE(old.stat().st_mode) == 0o777 & ~current_umask()


def current_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    ("replace", "failing"),
    [*((replacing, number) for number in range(1, 5)), *((replacing_folder, number) for number in (1, 2))],
)
def test_a_move_that_fails_is_undone_with_those_before(old, tmp_path, monkeypatch, replace, failing, error):
    before, rename, calls = content(tmp_path), Path.rename, []

    def fail_once(path, target):
        calls.append(path)
        if len(calls) == failing:
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(StorageError if isinstance(error, OSError) else KeyboardInterrupt), replace(old) as scratch:
        fill(scratch, "new")
    assert content(tmp_path) == before


@pytest.mark.parametrize("replace", [replacing, replacing_folder])
def test_folders_made_on_the_way_go_again(tmp_path, replace):
    with (
        pytest.raises(StorageError, match=r"cannot write .*new/deep: No space left; nothing there was changed"),
        replace(tmp_path / "new" / "deep"),
    ):
        raise OSError(28, "No space left")
    with pytest.raises(StorageError, match="No space left"):
        write_unserialisable(tmp_path / "new" / "deep" / "a.json")
    assert list(tmp_path.iterdir()) == []


def write_unserialisable(path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
        write_json(path, {"a": 1})


class Owner:
    pass


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_temporary_folder_goes_with_its_owner_and_not_with_a_copy_in_a_fork():
    owners = [Owner()]
    folder = temporary_folder(owners[0], "kgattn-test-")
    (folder / "a.txt").touch()
    child = multiprocessing.get_context("fork").Process(target=owners.clear)
    child.start()
    child.join()
    assert child.exitcode == 0
    assert (folder / "a.txt").is_file()
    owners.clear()
    assert not folder.exists()


def raise_shape_mismatch() -> bool:
    raise RuntimeError("shape mismatch")


def test_an_error_of_another_kind_passes(old):
    before = content(old)
    with pytest.raises(RuntimeError, match="shape"), replacing(old) as scratch:
        (scratch / "a.txt").mkdir(parents=raise_shape_mismatch())
    assert content(old) == before


def test_a_tokenizer_that_cannot_be_written_is_a_storage_error(old):
    with pytest.raises(StorageError, match=r"No space left on device \(os error 28\); nothing"), replacing(old):
        raise Exception("No space left on device (os error 28)")


def test_an_error_inside_is_told_once_and_without_temporary_names(old):
    with pytest.raises(StorageError) as caught, replacing(old) as scratch, replacing_folder(scratch / "graph"):
        raise OSError(28, "No space left")
    assert str(caught.value).startswith(f"cannot write {old}: No space left; nothing there was changed")


def test_a_link_is_followed_and_what_is_no_file_is_left_alone(tmp_path):
    (tmp_path / "file.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "file.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "file.txt").read_text() == "new"
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(StorageError, match="it is there and no file; choose another place"):
            write_text(place, "new")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize(
    ("values", "got"), [({"format_version": "2"}, "'2'"), ({}, "None"), ([2], "None"), ({"format_version": [2]}, ".2.")]
)
def test_a_version_that_cannot_be_read_is_named(values, got):
    check_version({"format_version": 2}, (1, 2), "a.json", "make it again", GraphError)
    with pytest.raises(GraphError, match=f"a.json must be of format version 1 or 2, got {got}; make it again"):
        check_version(values, (1, 2), "a.json", "make it again", GraphError)
