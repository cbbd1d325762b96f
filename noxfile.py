"""Sessions that check the package as users get it: built, installed, tested from outside.

``nox`` runs the tests on the Pythons found, each instruction set, and the checks of the text;
``nox -s isa`` one session, ``nox -s tests-3.12 -- tests/kernels -k dropout`` with arguments.
"""

import os
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "types", "tests", "isa", "order"]
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
# NumPy 1.26 has wheels for Python 3.12 at most.
MINIMUM_PYTHONS = ["3.10", "3.11", "3.12"]
ISAS = ["baseline", "avx2", "avx512"]

# Windows: the matrix product needs GNU vector types, which cl has not; see pyproject.toml.
COMPILER = ["--config-settings=cmake.args=-T ClangCL"] if sys.platform == "win32" else []


def install(session: nox.Session, extra: str, *more: str) -> None:
    """Build and install the package itself, never in place: the tests are for what is installed."""
    session.install(f".[{extra}]", *more, *COMPILER)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, on each Python."""
    install(session, "test")
    session.run("pytest", *session.posargs)


@nox.session
@nox.parametrize("isa", ISAS)
def isa(session: nox.Session, isa: str) -> None:
    """All tests with the core forced to one instruction set."""
    install(session, "test")
    ask = "import cregnet; print(*cregnet.available_isas())"
    usable = str(session.run("python", "-c", ask, silent=True, env={"CREGNET_ISA": ""})).split()
    if isa not in usable:
        session.skip(f"isa is {isa}, wanted one of {', '.join(usable)} on this machine")
    session.run("pytest", *session.posargs, env={"CREGNET_ISA": isa})


@nox.session(python=MINIMUM_PYTHONS)
def minimum(session: nox.Session) -> None:
    """All tests with the oldest NumPy that is promised."""
    install(session, "test", "numpy==1.26.*")
    session.run("pytest", *session.posargs)


@nox.session
def order(session: nox.Session) -> None:
    """All tests in random order, then each file in a process of its own.

    The seed is in the first lines: ``nox -s order -- --randomly-seed=N`` repeats it.
    """
    install(session, "test", "pytest-randomly")
    session.run("pytest", *session.posargs)
    for path in sorted(Path("tests").rglob("test_*.py")):
        session.run("pytest", "-q", "-p", "no:randomly", str(path))


@nox.session
def coverage(session: nox.Session) -> None:
    """All tests, and the share of lines that they run of regnet and of the NumPy twins, least covered first.

    Lines that run only in a process of their own (the command line, killed saves) count as not run.
    """
    install(session, "test", "pytest-cov>=7")
    session.run("pytest", "--cov", "--cov-report=term-missing", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Rules and format of Python and Cython, spelling, and which room uses which."""
    session.install("--group", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("cython-lint", "src/cregnet")
    session.run("codespell")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": os.pathsep.join(["python", "src"])})


@nox.session
def types(session: nox.Session) -> None:
    """Mypy on python/regnet; the core is read from its source and stubs, so nothing is compiled."""
    session.install("--group", "lint")
    session.run("mypy", "--follow-imports=silent", *session.posargs, env={"MYPYPATH": "src"})


@nox.session
def bench(session: nox.Session) -> None:
    """The shortest benchmark once: that it runs and its results agree, not how fast it is.

    Later options win: ``nox -s bench -- --repeats 5 --data FOLDER``.
    """
    install(session, "bench")
    quick = ["--quick", "--only", "A,B", "--repeats", "1"]
    session.run("python", "bench/bench_training.py", *quick, *session.posargs)
