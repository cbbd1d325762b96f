"""Choosing the build of the core."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import cregnet
import cregnet._isa


def run(code, *, site=True, **environment):
    """Run Python code in a fresh interpreter with more in its environment; `site` finds what is installed."""
    env = {k: v for k, v in os.environ.items() if k != "CREGNET_ISA"} | environment
    return subprocess.run(
        [sys.executable, *([] if site else ["-S"]), "-c", code],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_baseline_is_always_there():
    assert cregnet.available_isas()[0] == "baseline"


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="built for x86-64 only")
def test_all_that_the_processor_has_is_built():
    assert cregnet.available_isas() == cregnet._isa.load("baseline")._supported_isas()


@pytest.mark.parametrize("isa", cregnet.available_isas())
def test_each_build_knows_its_name(isa):
    assert cregnet._isa.load(isa)._isa_name() == cregnet._isa.FOLDERS[isa].removeprefix("_")


@pytest.mark.parametrize("isa", cregnet.available_isas())
def test_environment_forces_one(isa):
    code = "import cregnet\nfrom cregnet import _kernels\nprint(cregnet.isa(), _kernels._isa_name())"
    done = run(code, CREGNET_ISA=isa)
    assert done.stdout.split() == [isa, cregnet._isa.FOLDERS[isa].removeprefix("_")], done.stderr


def test_the_fastest_is_taken_when_nothing_is_forced():
    done = run("import cregnet; print(cregnet.isa())")
    assert done.stdout.strip() == cregnet.available_isas()[-1]


@pytest.mark.parametrize("isa", ["sse9", "AVX2"])
def test_an_unusable_one_is_an_import_error(isa):
    done = run("import cregnet", CREGNET_ISA=isa)
    assert done.returncode != 0
    assert f"ImportError: CREGNET_ISA={isa!r} is not usable here; usable: baseline" in done.stderr


def test_a_build_that_this_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(cregnet._isa, "available_isas", lambda: ("baseline",))
    with pytest.raises(ImportError, match="instruction set 'avx512' is not usable here; usable: baseline"):
        cregnet._isa.load("avx512")


def test_a_broken_extension_is_an_import_error(tmp_path):
    """No fall-back to NumPy: a package without its compiled part does not import."""
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import cregnet"
    package = tmp_path / "cregnet"
    package.mkdir()
    source = Path(cregnet.__file__).parent
    for name in ("__init__.py", "_isa.py", "plan.py"):
        (package / name).write_text((source / name).read_text())
    done = run(code, site=False)
    assert done.returncode != 0
    assert "ImportError: the compiled core of cregnet cannot be loaded" in done.stderr
