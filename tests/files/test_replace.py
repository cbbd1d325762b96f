"""Files that are replaced whole or not at all: kills, full disks, Ctrl-C, links, modes, many writers."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

import regnet as rn
from regnet.files.replace import replacing

posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and signals of POSIX")


def names(folder):
    """Everything in a folder, hidden files too."""
    return sorted(os.listdir(folder))


def write(path, content=b"new"):
    """Replace a file."""
    with replacing(path) as file:
        file.write(content)


# ------------------------------------------------------------------------------ kills, full disks, Ctrl-C


@posix
def test_a_killed_process_leaves_the_old_model_or_the_new_one(path, attacks):
    n = attacks(12)
    script = Path(__file__).with_name("kill_saves.py")
    run = subprocess.run(
        [sys.executable, script, path, str(n)], capture_output=True, text=True, timeout=60 + n, check=True
    )
    counts = json.loads(run.stdout)
    assert (counts["whole"], counts["lost"]) == (n, 0)
    assert counts["unfinished"] > 0  # some were killed while they wrote


FULL_DISK = """
import resource, signal, sys
import regnet as rn
model = rn.Model.mlp([100, 300, 1], seed=2)
rn.Model.mlp([3, 1]).save(sys.argv[2])  # everything is imported while there is room
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    model.save(sys.argv[1])
except OSError as error:
    print(error.strerror)
"""


@posix
@pytest.mark.parametrize("exists", [False, True], ids=["new", "overwriting"])
def test_a_full_disk_loses_nothing_and_leaves_nothing(path, tmp_path_factory, exists):
    old = rn.Model.mlp([3, 4, 1], seed=1)
    if exists:
        old.save(path)
    other = tmp_path_factory.mktemp("other") / path.name
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path, other], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("File too large\n", "")
    assert names(path.parent) == ([path.name] if exists else [])
    if exists:
        np.testing.assert_array_equal(rn.load(path).parameters, old.parameters)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("step", ["block", "fsync", "replace"])
def test_an_error_at_any_step_leaves_the_old_file_and_no_other(monkeypatch, tmp_path, step, error):
    path = tmp_path / "old"
    path.write_bytes(b"old")

    def fail(*arguments):
        raise error

    if step != "block":
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(error), replacing(path) as file:
        file.write(b"new") if step != "block" else fail()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["old"]


def test_content_is_on_the_disk_before_it_takes_the_name(monkeypatch, tmp_path):
    done = []

    def noting(name, real):
        return lambda *arguments: (done.append(name), real(*arguments))

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noting(name, getattr(os, name)))
    write(tmp_path / "new")
    assert done == ["fsync", "replace", "fsync"] if os.name == "posix" else ["fsync", "replace"]


def test_the_unfinished_file_is_hidden_and_named_after_its_target(tmp_path):
    with replacing(tmp_path / "net.npz"):
        (name,) = names(tmp_path)
    assert name.startswith(".net.npz.")
    assert name.endswith(".tmp")


def test_the_longest_name_can_be_written(tmp_path):
    path = tmp_path / ("n" * 251 + ".npz")
    rn.Model.mlp([3, 1]).save(path)
    assert names(tmp_path) == [path.name]


@posix
def test_a_long_name_of_wide_characters_can_be_written(tmp_path):
    write(tmp_path / ("☃" * 85))
    assert names(tmp_path) == ["☃" * 85]


# ------------------------------------------------------------------------------ many writers


def test_threads_that_save_to_one_name_leave_a_whole_file(path):
    models = [rn.Model.mlp([40, 200 + 50 * seed, 1], seed=seed) for seed in range(4)]
    models[0].save(path)
    errors = []

    def save(model):
        try:
            for _ in range(15):
                model.save(path)
                found = rn.load(path)
                assert any(np.array_equal(found.parameters, model.parameters) for model in models)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if os.name == "nt":  # a file that another thread reads cannot be replaced there
        errors = [error for error in errors if not isinstance(error, PermissionError)]
    assert errors == []
    assert names(path.parent) == [path.name]


# ------------------------------------------------------------------------------ links, modes, devices


@posix
@pytest.mark.parametrize("exists", [True, False], ids=["link", "dangling link"])
def test_a_symbolic_link_stays_one_and_its_target_is_written(tmp_path, exists):
    (tmp_path / "models").mkdir()
    target, link = tmp_path / "models" / "net", tmp_path / "latest"
    if exists:
        target.write_bytes(b"old")
    link.symlink_to(Path("models") / "net")
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert (names(tmp_path), names(tmp_path / "models")) == (["latest", "models"], ["net"])


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o640, 0o755, 0o200])
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_mode_of_an_existing_file_is_kept(tmp_path, mode, umask):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    before = os.umask(umask)
    try:
        write(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_open_gives(tmp_path, umask):
    before = os.umask(umask)
    try:
        write(tmp_path / "ours")
        (tmp_path / "theirs").write_bytes(b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


@posix
def test_the_new_content_of_a_private_file_is_private_while_it_is_written(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with replacing(path):
        (unfinished,) = (tmp_path / name for name in names(tmp_path) if name != "file")
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_and_the_group_of_an_existing_file_are_kept(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 1234, 5678)
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)


@posix
def test_a_process_that_may_not_give_files_away_writes_all_the_same(monkeypatch, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)

    def refuse(*arguments):
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    write(path)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


AS_NOBODY = """
import os, sys
from regnet.files.replace import replacing
if os.geteuid() == 0:
    os.setuid(65534)
try:
    with replacing(sys.argv[1]) as file:
        file.write(b"new")
except PermissionError as error:
    print(error)
"""


@pytest.fixture
def open_folder():
    """A folder that every user may write; those of pytest are closed to users other than its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(os.path.realpath(folder))


def write_as_nobody(path):
    """What is said when a file is written by a user who is not root."""
    run = subprocess.run([sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, check=True)
    return run.stdout


@posix
def test_a_read_only_file_is_refused(open_folder):
    path = open_folder / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    assert write_as_nobody(path) == f"[Errno 13] Permission denied: {str(path)!r}\n"
    assert path.read_bytes() == b"old"
    path.chmod(0o666)
    assert write_as_nobody(path) == ""
    assert path.read_bytes() == b"new"
    assert names(open_folder) == ["file"]


@posix
@pytest.mark.parametrize("exists", [True, False], ids=["existing", "new"])
def test_a_folder_that_cannot_be_written_is_named(open_folder, exists):
    path = open_folder / "file"
    if exists:
        path.write_bytes(b"old")
        path.chmod(0o666)
    open_folder.chmod(0o555)
    assert write_as_nobody(path) == (
        "[Errno 13] Permission denied: wanted a folder in which a new file can be created, to replace "
        f"the old one when it is whole: {str(open_folder)!r}\n"
    )
    open_folder.chmod(0o777)
    assert names(open_folder) == (["file"] if exists else [])


@posix
def test_a_pipe_is_written_to(path):
    os.mkfifo(path)
    content = []
    reader = threading.Thread(target=lambda: content.append(path.read_bytes()))
    reader.start()
    model = rn.Model.mlp([3, 4, 1], seed=3)
    model.save(path)
    reader.join()
    assert names(path.parent) == [path.name]
    path.unlink()
    path.write_bytes(content[0])
    np.testing.assert_array_equal(rn.load(path).parameters, model.parameters)


@posix
def test_a_device_is_written_to(tmp_path):
    (tmp_path / "net.npz").symlink_to(os.devnull)
    rn.Model.mlp([3, 1]).save(tmp_path / "net.npz")
    assert (tmp_path / "net.npz").is_symlink()
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_folder_in_place_of_a_file_is_an_os_error(path):
    path.mkdir()
    with pytest.raises(OSError, match=path.name):
        rn.Model.mlp([3, 1]).save(path)
    assert names(path.parent) == [path.name]


@posix
def test_a_folder_that_cannot_be_flushed_is_no_error(monkeypatch, tmp_path):
    def no_folders(path, *rest, real=os.open):
        if os.path.isdir(path):
            raise PermissionError
        return real(path, *rest)

    monkeypatch.setattr(os, "open", no_folders)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new"
