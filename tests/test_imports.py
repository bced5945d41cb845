"""The packages know only what they may know, and light commands load only what they need."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"engine": {"engine"}, "audio": {"audio"}, "app": {"app", "engine", "audio"}}
PACKAGES = set(MAY_IMPORT) | {"launch", "tests"}
HEAVY = {"torch", "transformers", "gradio", "faster_whisper", "onnxruntime", "pocketsphinx", "numpy", "fastapi"}


def imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every absolute import in `source`, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module


def forbidden_imports(package: str, folder: Path) -> list[str]:
    """Every import of one of the project's packages that `package` may not know, as "file:line imports module"."""
    return [
        f"{path.relative_to(folder.parent)}:{line} imports {module}"
        for path in sorted(folder.rglob("*.py"))
        for line, module in imported_modules(path.read_text(encoding="utf-8"))
        if module.split(".")[0] in PACKAGES - MAY_IMPORT[package]
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_imports_only_what_it_may_know(package: str) -> None:
    assert forbidden_imports(package, ROOT / package) == []


def test_a_forbidden_import_inside_a_function_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "engine"
    folder.mkdir()
    (folder / "block.py").write_text("import json\n\ndef peek():\n    from audio.pcm import read_wav\n")
    assert forbidden_imports("engine", folder) == ["engine/block.py:4 imports audio.pcm"]


def heavy_modules_loaded_by(code: str) -> set[str]:
    """The heavy libraries that are loaded once `code` has run in a fresh interpreter."""
    script = f"import sys\n{code}\nprint('LOADED', *sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return HEAVY & set(result.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"], ["ask", "--no-such-option"]])
def test_light_command_loads_no_heavy_library(arguments: list[str]) -> None:
    assert heavy_modules_loaded_by(f"from app.cli import main\nmain({arguments!r})") == set()


def test_doctor_loads_neither_torch_nor_gradio() -> None:
    loaded = heavy_modules_loaded_by("from app.cli import main\nmain(['doctor', '--json'])")
    assert loaded & {"torch", "transformers", "gradio", "fastapi"} == set()
