"""The package has layers: a file imports from its own folder and from layers below."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / 'mmseg_facenext'
LAYERS = (
    {'__main__'},
    {'cli'},
    {'serving'},
    {'page'},
    {'deploy', 'video'},
    {'inference'},
    {'register'},
    {'engine'},
    {'visualization'},
    {'analysis', 'config'},
    {'evaluation', 'synthetic'},
    {'datasets', 'models', 'pretraining'},
    {'checkpoints', 'runtimes'},
    {'utils'},
    {'taxonomy'},
    {'errors'},
    {''},  # the package itself: version and lazy names
)
HEIGHT = {folder: -place for place, layer in enumerate(LAYERS) for folder in layer}


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


MODULES = {module_of(path): path for path in PACKAGE.rglob('*.py')}


def imported(path: Path) -> Iterator[str]:
    """The modules of this package that a file imports, wherever in it."""
    package = path.parent.relative_to(PACKAGE).parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or '').split('.')]
            base = '.'.join(filter(None, base))
            for alias in node.names:
                inner = f'{base}.{alias.name}'.lstrip('.')
                yield inner if inner in MODULES else base


def test_every_folder_has_a_layer():
    assert {module.partition('.')[0] for module in MODULES} <= HEIGHT.keys()


def test_imports_go_down():
    upward = [
        f'{module} -> {target}'
        for module, path in MODULES.items()
        for target in imported(path)
        if HEIGHT[target.partition('.')[0]] > HEIGHT[module.partition('.')[0]]
        or (
            (target.partition('.')[0] != module.partition('.')[0])
            and HEIGHT[target.partition('.')[0]] == HEIGHT[module.partition('.')[0]]
        )
    ]
    assert not upward


def test_no_files_import_each_other():
    """Not in a circle either: peel off the files that import none of those left, until none is left."""
    left = {module: set(imported(path)) - {module} for module, path in MODULES.items()}
    while free := {module for module, targets in left.items() if not targets & left.keys()}:
        left = {module: targets for module, targets in left.items() if module not in free}
    assert not left
