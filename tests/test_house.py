"""Rules that no linter has: how long files and functions may be, and that lists of kernels stand once.

Each rule is a function of a folder, so that it can also be given a folder that breaks it.
"""

import ast
import re
from pathlib import Path

import pytest

from cregnet.spec import ACTIVATIONS, KERNELS

ROOT = Path(__file__).parents[1]
PACKAGES = ("python/regnet", "src/cregnet")
CODE = (".py", ".pyx", ".pxi", ".pxd", ".h", ".c")
FILE_LINES, FUNCTION_LINES = 400, 60

# Words in quotes between brackets: a list or the keys of a dictionary, in Python, Cython, C or a docstring.
GROUP = re.compile(r"[\[({][^\[\](){}]*[\])}]")
WORD = re.compile(r"""(["'])(\w+)\1""")
TABLE = "src/cregnet/spec.py"


def sources(root, suffixes, folders=PACKAGES):
    """Path and text of each file with one of these endings."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes:
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def long_files(root):
    for path, text in sources(root, CODE, (*PACKAGES, "tests", "bench")):
        if (n := len(text.splitlines())) > FILE_LINES:
            yield f"{path} has {n} lines, wanted at most {FILE_LINES}"


def long_functions(root):
    for path, text in sources(root, [".py"]):
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            n = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node) is not None:
                n -= node.body[0].end_lineno - node.body[0].lineno + 1
            if n > FUNCTION_LINES:
                name = f"{node.name} in {path}"
                yield f"{name} has {n} lines without docstring, wanted at most {FUNCTION_LINES}"


def repeated_lists(root):
    """Places with the same names of three kernels or more, whatever else they name; the table is one.

    `__all__` of a module that defines or imports what it names is no second list: type checkers want it
    written out.
    """
    places = {frozenset(names): [TABLE] for names in (*KERNELS.values(), ACTIVATIONS)}
    kernels = {name for family in KERNELS.values() for name in family}
    for path, text in sources(root, CODE):
        if path == TABLE:
            continue
        for found in GROUP.finditer(text):
            if text[: found.start()].endswith("__all__ = ") and all(
                re.search(rf"^(def {word}\(|    {word},$)", text, re.MULTILINE)
                for _, word in WORD.findall(found[0])
            ):
                continue
            names = kernels.intersection(word for _, word in WORD.findall(found[0]))
            if len(names) >= 3:
                line = text.count("\n", 0, found.start()) + 1
                places.setdefault(frozenset(names), []).append(f"{path}:{line}")
    for names, where in places.items():
        if len(where) > 1:
            yield f"{', '.join(sorted(names)[:3])}, ... stand in {' and '.join(where)}, wanted once"


RULES = [long_files, long_functions, repeated_lists]


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_holds(rule):
    assert len(list(sources(ROOT, [".py"]))) > 50
    assert list(rule(ROOT)) == []


# ------------------------------------------------------------------------------ the rules, broken

LIST = '["relu", "relu_backward", "other", {extra}\n "tanh"]\n'


def found(rule, root, texts, folder="src/cregnet/room"):
    """What a rule says of a folder with these files."""
    (root / folder).mkdir(parents=True)
    for name, text in texts.items():
        (root / folder / name).write_text(text, encoding="utf-8")
    return [message.replace(f"{folder}/", "") for message in rule(root)]


@pytest.mark.parametrize("suffix", CODE)
@pytest.mark.parametrize("folder", ["python/regnet", "src/cregnet/room", "tests/room"])
def test_a_file_of_401_lines_is_found(tmp_path, suffix, folder):
    files = {f"right{suffix}": "\n" * 400, f"wrong{suffix}": "\n" * 400 + "end"}
    assert found(long_files, tmp_path, files, folder) == [f"wrong{suffix} has 401 lines, wanted at most 400"]


def test_a_function_of_61_lines_is_found(tmp_path):
    body = "        x = 1\n" * 59
    right = f'class A:\n    def right(self):\n        """One.\n\n        Three.\n        """\n{body}'
    wrong = f"    async def wrong(self):\n        # One.\n{body}"
    [message] = found(long_functions, tmp_path, {"a.py": right + wrong})
    assert message == "wrong in a.py has 61 lines without docstring, wanted at most 60"


def test_a_list_in_two_places_is_found(tmp_path):
    one, other = LIST.format(extra=""), "\n" + LIST.format(extra='"momentums", ')
    [message] = found(repeated_lists, tmp_path, {"a.py": one, "b.pxi": other})
    assert message == "relu, relu_backward, tanh, ... stand in a.py:1 and b.pxi:2, wanted once"


@pytest.mark.parametrize(
    "form", ["({})", "{{{}}}", "Literal[{}]", '"""One of {{{}}}."""', "static char *x[] = {{{}}};"]
)
@pytest.mark.parametrize("names", [ACTIVATIONS, KERNELS["loss"]], ids=["activations", "losses"])
def test_a_list_of_the_table_is_found_in_every_form(tmp_path, form, names):
    text = form.format(", ".join(f'"{name}"' for name in names))
    [message] = found(repeated_lists, tmp_path, {"a.pyx": text})
    assert message.endswith("stand in src/cregnet/spec.py and a.pyx:1, wanted once")


def test_a_dictionary_of_the_table_is_found(tmp_path):
    table = dict.fromkeys(KERNELS["optimizer"], 1)
    [message] = found(repeated_lists, tmp_path, {"a.py": f"TABLE = {table}"})
    assert message.endswith("stand in src/cregnet/spec.py and a.py:1, wanted once")


@pytest.mark.parametrize("defined", [KERNELS["loss"], KERNELS["loss"][:-1]], ids=["all", "all but one"])
@pytest.mark.parametrize("form", ["\ndef {}(): ...\n", "\nfrom .b import (\n    {},\n)"])
def test_the_public_names_of_a_module_are_those_that_it_defines_or_imports(tmp_path, defined, form):
    text = f"__all__ = {list(KERNELS['loss'])}\n" + "".join(map(form.format, defined))
    assert len(found(repeated_lists, tmp_path, {"a.py": text})) == len(KERNELS["loss"]) - len(defined)


def test_lists_that_differ_are_not_repeated(tmp_path):
    one, other = LIST.format(extra=""), LIST.format(extra='"sigmoid",')
    assert found(repeated_lists, tmp_path, {"a.py": one, "b.py": other}) == []


def test_two_names_are_no_list(tmp_path):
    assert found(repeated_lists, tmp_path, dict.fromkeys(("a.py", "b.py"), '["relu", "tanh"]')) == []


def test_the_table_is_not_a_repetition_of_itself(tmp_path):
    text = str(list(KERNELS["optimizer"]))
    assert found(repeated_lists, tmp_path, {"spec.py": text}, "src/cregnet") == []
