"""What `mkdocs build` does beyond its settings: pages from elsewhere in the repository, nothing from the web."""

from __future__ import annotations

import os
import re
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from mmseg_facenext.cli.command import COMMANDS

PAGES = {
    'benchmarks.md': 'benchmarks/README.md',
    'demo.md': 'demo/README.md',
    'changelog.md': 'CHANGELOG.md',
    'contributing.md': 'CONTRIBUTING.md',
    'security.md': 'SECURITY.md',
}
"""Page of the site to file of the repository."""
OTHER_FILES = {
    'hair.jpg': 'demo/hair.jpg',
    'face_parsing.ipynb': 'demo/face_parsing.ipynb',
    'learning_curves.png': 'benchmarks/learning_curves.png',
}
FROM_THE_WEB = re.compile(
    r'<(?:script|img|iframe)[^>]*src="(?:https?:)?//|<link[^>]*stylesheet[^>]*href="(?:https?:)?//'
)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and the files that they show or link to."""
    for name, source in {**PAGES, **OTHER_FILES}.items():
        files.append(File.generated(config, name, abs_src_path=source))
    files.append(File.generated(config, 'commands.md', content=options_of_all_commands()))
    return files


def options_of_all_commands() -> str:
    """What `--help` of every command says, as a page."""
    os.environ['COLUMNS'] = '100'  # argparse breaks lines there
    sections = [
        f'## facenext {command.name}\n\n```text\n{command.parser().format_help()}```'
        for command in COMMANDS.values()
    ]
    return '\n\n'.join(['# Options', *sections])


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links between folders of the repository into links between pages."""
    for name, source in {**PAGES, **OTHER_FILES}.items():
        markdown = markdown.replace(f'](../{source}', f']({name}')
    return markdown.replace('](../docs/', '](').replace('](docs/', '](')


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuse a page that needs the network: people read it without one, and nobody is told who reads it."""
    if found := FROM_THE_WEB.search(output):
        raise PluginError(f'{page.file.src_uri} loads from the web: {found[0]}')
    return output
