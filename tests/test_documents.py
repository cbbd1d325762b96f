"""Examples in docstrings run, and every public name is documented."""

import ast
import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cregnet
import cregnet.spec
import regnet as rn

MODULES = sorted(
    name
    for package in (rn, cregnet)
    for _, name, _ in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not name.endswith(("__main__", "_core")) and "._" not in re.sub(r"\._(isa|support)\b", "", name)
) + ["regnet", "cregnet"]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
    assert not list(tmp_path.iterdir())


README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("number", [0, 1])
def test_readme_examples_run(number, tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks[number], f"README block {number}", "exec"), {})
    assert capsys.readouterr().out


DOCS = README.parent / "docs"
GUIDE = [DOCS / "course.md", *sorted((DOCS / "guide").glob("*.md"))]


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_examples_of_the_guide_run(page, tmp_path, monkeypatch, capsys):
    """The blocks of a page follow one another in one namespace."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page.name} block {number}", "exec"), names)
    assert blocks
    assert capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", text):
        assert (page.parent / picture).is_file()


@pytest.fixture(scope="module")
def tables():
    """The script that writes the tables of the guide."""
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_of_the_guide_are_up_to_date(tables, capsys):
    assert tables.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_table_is_found_and_written(tables, tmp_path, monkeypatch, capsys):
    page = tmp_path / "names.md"
    page.write_bytes(tables.PAGE.read_bytes())
    monkeypatch.setattr(tables, "PAGE", page)
    options = (cregnet.spec.Option("slope", 0.5),)
    row = cregnet.spec.Activation("sign", "he", "|Z|, or slope", "nobody", options)
    monkeypatch.setitem(cregnet.spec.ACTIVATIONS, "bent", row)
    assert tables.main(["--check"]) == 1
    assert capsys.readouterr().err == f"{page} is out of date, wanted: python docs/tables.py\n"
    assert tables.main([]) == 0
    assert r"| `bent` | `\|Z\|, or slope` | `slope=0.5` | `he` | nobody |" in page.read_text(encoding="utf-8")
    assert tables.main(["--check"]) == 0


def test_a_row_without_a_formula_or_a_page_without_markers_is_refused(tables, monkeypatch):
    with pytest.raises(ValueError, match=r"the page lacks '<!-- activations: .* after it, wanted both"):
        tables.updated("# Names")
    row = cregnet.spec.OPTIMIZERS["adam"]._replace(formula="")
    monkeypatch.setitem(cregnet.spec.OPTIMIZERS, "adam", row)
    with pytest.raises(ValueError, match="adam has no formula, wanted one in its row"):
        tables.optimizers()
    assert tables.main(["--update"]) == 2


ARCHITECTURE = DOCS / "architecture.md"
SOURCES = [
    path
    for folder in ("python/regnet", "src/cregnet")
    for path in (README.parent / folder).rglob("*")
    if "__pycache__" not in path.parts
]


def named(name):
    """The files or folders of the packages whose paths end with a name, as architecture.md writes them."""
    return [path for path in SOURCES if ("/" + path.as_posix()).endswith("/" + name.rstrip("/"))]


def test_architecture_names_files_that_exist():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    files = re.findall(r"[\w/]+\.(?:pyi?|pyx|pxd|pxi|h)\b", text)
    folders = re.findall(r"(?<![\w/.])(?:\w+/)+(?![\w/])", text)
    assert len(files) > 80
    assert len(folders) > 10
    assert [name for name in files + folders if not named(name)] == []


def test_architecture_names_what_the_files_have():
    """In the table, names after a file, and in the pictures, words with an underline or of two capitals."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    rows = re.findall(r"`([\w/]+\.\w+)`: ((?:`[\w.]+`(?:, )?)+)", text)
    assert len(rows) > 12
    for file, names in rows:
        [path] = named(file)
        source = path.read_text(encoding="utf-8")
        for name in re.findall(r"\w+", names):
            assert re.search(rf"(?:class|def|cdef|static|void) [^=\n]*\b{name}\b", source), (
                f"{name} in {file}"
            )
    everything = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCES if path.suffix in (".py", ".pxi")
    )
    pictures = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL))
    symbols = re.findall(r"\b(?:[a-z]+_\w*|[A-Z][a-z]+[A-Z]\w+)\b(?!\.(?:py|pxi|h))", pictures)
    assert len(symbols) > 30
    assert [name for name in symbols if not re.search(rf"\b{name}\b", everything)] == []


def test_architecture_shows_the_files_of_the_core():
    """All of them, and those of the network in the order in which the core includes them."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    picture = text[text.index("## The rooms of cregnet") : text.index("## Where to find it")]
    core = README.parent / "src" / "cregnet"
    ends = (".pxi", ".h", ".pyx", ".pxd")
    wanted = {path.name for path in SOURCES if core in path.parents and path.suffix in ends}
    wanted |= {path.name for path in core.glob("*.py")} - {"__init__.py"}
    assert wanted <= set(re.findall(r"\w+\.\w+", picture))
    kernels = "".join((core / f"_kernels{end}").read_text(encoding="utf-8") for end in (".pxd", ".pyx"))
    included = re.findall(r'include "network/(\w+\.pxi)"', kernels)
    network = picture[picture.index(" network/ ") : picture.index(" kernels/ ")]
    assert re.findall(r"^ \|      (\w+\.pxi)", network, re.MULTILINE) == included


def test_contributing_points_to_the_architecture_first():
    text = (README.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((.*?)\)", text)[0] == "docs/architecture.md"


def test_every_decision_is_in_the_index():
    folder = DOCS / "decisions"
    records = sorted(path.name for path in folder.glob("0*.md"))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \d+ \| \[.*?\]\((.*?)\) \|", index, re.MULTILINE) == records
    for record in records:
        title = (folder / record).read_text(encoding="utf-8").splitlines()[0]
        number, text = title.removeprefix("# ").split(". ", 1)
        assert f"| {number} | [{text}]({record}) |" in index


def test_readme_has_the_two_commands_that_ci_runs():
    [demo, tests] = re.findall(r"```sh\n(.*?)\n```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert "regnet demo" in demo
    assert tests.endswith("pytest")


def test_there_are_examples_to_run():
    finder = doctest.DocTestFinder()
    examples = [e for name in MODULES for t in finder.find(importlib.import_module(name)) for e in t.examples]
    assert len(examples) > 80


@pytest.mark.parametrize("name", [n for n in rn.__all__ if n != "datasets"])
def test_public_names_have_docstrings(name):
    thing = getattr(rn, name)
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        of_ours = [base for base in thing.__mro__ if base.__module__.startswith("regnet")]
        for method, member in (item for base in of_ours for item in vars(base).items()):
            if not method.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{name}.{method}"


def imported_names():
    """Name -> module of the imports in the stub that type checkers read; each is `NAME as NAME`, exported."""
    tree = ast.parse(Path(rn.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [
        (node, alias) for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    assert all(alias.asname == alias.name and node.level == 1 for node, alias in imports)
    return {alias.name: node.module for node, alias in imports}


def test_all_is_complete():
    names = imported_names()
    assert sorted([*rn.__all__, "course", "plotting"]) == sorted(names)
    assert set(rn.__all__) <= set(dir(rn))
    for name, module in names.items():
        source = importlib.import_module(f"regnet.{module or name}")
        assert getattr(rn, name) is (getattr(source, name) if module else source)
    with pytest.raises(AttributeError, match="module 'regnet' has no attribute 'nothing'"):
        rn.nothing  # noqa: B018


def test_a_module_that_misses_another_says_which(monkeypatch):
    def miss(name, package):
        raise ModuleNotFoundError("No module named 'pandas'", name="pandas")

    monkeypatch.setattr(rn, "import_module", miss)
    with pytest.raises(ModuleNotFoundError, match="pandas"):
        rn.nothing  # noqa: B018


@pytest.mark.parametrize("name", ["augment", "course", "datasets", "plotting"])
def test_public_modules_are_imported_by_name(name):
    assert importlib.import_module(f"regnet.{name}") is getattr(rn, name)


def test_no_module_takes_the_place_of_a_function():
    modules = {name for _, name, _ in pkgutil.iter_modules(rn.__path__)}
    assert modules & set(rn.__all__) == {"augment", "datasets"}


def test_import_loads_the_extension_and_nothing_else():
    """What a broken extension says comes from `import regnet`; all else comes with its first use."""
    code = "import sys, regnet; print(*sorted(m for m in sys.modules if 'regnet' in m or m == 'numpy'))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = out.split()
    assert "cregnet._core" in loaded
    assert [name for name in loaded if name.startswith("regnet")] == ["regnet"]
    assert not {"numpy", "cregnet.plan", "cregnet.reference", "cregnet.signature"} & set(loaded)


@pytest.mark.parametrize(
    "use",
    ["from cregnet import *; Plan, layout", "import cregnet; cregnet.plan.Plan, cregnet.reference.relu"],
)
def test_what_cregnet_imports_late_is_there(use):
    subprocess.run([sys.executable, "-c", use], check=True)
