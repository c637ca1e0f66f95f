"""The house stands: public names, documents, files of a readable size, and a package that carries all it needs."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import detector

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "detector").rglob("*.py"))
LONG = {"cli.py", "config.py", "schema.py", "lab/recipe.py", "lab/evaluate.py"}
"""Files of over 300 lines, each a question that was answered; take a name out when its file has become shorter."""


def test_the_public_names_are_exactly_those_that_can_be_imported():
    code = (
        "import detector\nbefore = set(globals())\nfrom detector import *\n"
        "print(*sorted(set(globals()) - before - {'before'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(detector.__all__) == sorted(dir(detector))
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = detector.nonesuch


@pytest.mark.parametrize("name", detector.__all__)
def test_every_public_name_is_documented(name):
    thing = getattr(detector, name)
    assert thing.__doc__.strip()
    assert thing.__name__.rpartition(".")[2] in (name, "schema")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_file_is_long_but_those_known_to_be():
    lengths = {
        path.relative_to(ROOT / "detector").as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    assert len(lengths) > 40
    assert {name for name, n in lengths.items() if n > 300} <= LONG
    assert lengths.keys() >= LONG


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version("spamouflage-detector") == project["version"]
    assert project["scripts"] == {"detector": "detector.cli:main"}


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    [wheel] = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "detector").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "detector/py.typed" in ours
    assert ours <= held
    assert {name.split("/")[0] for name in held} == {"detector", f"spamouflage_detector-{detector_version()}.dist-info"}


def detector_version():
    return version("spamouflage-detector")
