"""A config of mmsegmentation 0.x as a new file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError
from ..utils.atomic import atomic_path
from .load import translated_config
from .text import as_python


def migrate(
    old: str | Path, new: str | Path, cfg_options: dict[str, Any] | None = None, force: bool = False
) -> list[str]:
    """Write the translation of a config, which `load_config` reads to the same settings; tell what changed.

    The file needs no other one, and opens with a note of where it comes from and what was translated.

    Args:
        old: a config of 0.x.
        new: the file to write.
        cfg_options: changes, in old or new names.
        force: write over a file that is there.

    Raises:
        UserError: `old` is no old config or cannot be translated; `new` is there already or is no name of a
            config.
        OSError: `new` cannot be written.
    """
    new = Path(new)
    if new.suffix != '.py' or new.resolve() == Path(old).resolve():
        raise UserError(f'{new}: expected the name of another file that ends in .py')
    if new.exists() and not force:
        raise UserError(f'{new} is there already; choose another name, or --force to write over it')
    cfg, notes = translated_config(old, cfg_options)
    if not notes:
        raise UserError(f'{old} is a config of today already: there is nothing to translate')
    head = [
        f'Translated from {old}, a config of mmsegmentation 0.x, by `facenext migrate`.',
        f'  facenext train {new} --gpus 8',
        'Hardware, time and score: not measured. What was translated:',
        *(f'  {note}' for note in notes),
    ]
    settings = cfg.to_dict()
    settings.pop('env_paths', None)  # of this machine's environment
    with atomic_path(new) as temporary:
        temporary.write_text(''.join(f'# {line}\n' for line in head) + '\n' + as_python(settings))
    return notes
