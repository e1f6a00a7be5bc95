"""What `mkdocs build` adds to the pages in `docs`: pages that live elsewhere in the repository."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.files import File, Files

PAGES = {
    'benchmarks.md': 'benchmarks/README.md',
    'changelog.md': 'CHANGELOG.md',
    'contributing.md': 'CONTRIBUTING.md',
}
"""Page of the site to file of the repository."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and the pictures that they show."""
    for page, source in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=source))
    files.append(File.generated(config, 'learning_curves.png', abs_src_path='benchmarks/learning_curves.png'))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links between folders of the repository into links between pages."""
    for page, source in PAGES.items():
        markdown = markdown.replace(f'](../{source}', f']({page}')
    return markdown.replace('](../docs/', '](')
