"""What to do about a name that no registry has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from .checks.sections import HOOK, Kind, names_of

# What does today what classes of 0.x did.
INSTEAD = {
    'MMSegWandbHook': "vis_backends=[dict(type='WandbVisBackend')] does that",
    'EvalHook': 'evaluation (0.x) or train_cfg.val_interval does that',
    'DistEvalHook': 'evaluation (0.x) or train_cfg.val_interval does that',
    'ExpMomentumEMAHook': "dict(type='FaceEMAHook') does that",
    'LinearMomentumEMAHook': "dict(type='FaceEMAHook') does that",
}


def nearest(name: str, known: Iterable[str], cutoff: float = 0.75) -> str | None:
    """Return the known name that `name` may be a slip of; None if there is none."""
    lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=cutoff)
    return lower[found[0]] if found else None


def unknown_type(name: Any, kind: Kind) -> str:
    """That there is none of that name, and what to do."""
    text = f'there is no {kind.word} {name!r} here'
    if kind is HOOK and name in INSTEAD:
        return f'{text}: {INSTEAD[name]}'
    similar = nearest(name, names_of(kind)) if isinstance(name, str) else None
    hint = f'did you mean {similar}? If not, ' if similar else ''
    return f'{text}: {hint}name the module that registers it in custom_imports'


def as_folders(dataset: Mapping[str, Any], old: bool) -> str | None:
    """Return a data set of an unknown type written out as one of folders; None if it does not name its folders.

    Args:
        dataset: its settings.
        old: in names of 0.x.
    """
    prefix = dataset.get('data_prefix') or {}
    folders = {k: dataset[k] for k in ('img_dir', 'ann_dir') if dataset.get(k)} if old else prefix
    if not folders:
        return None
    given = {key: dataset[key] for key in ('data_root', 'split', 'ann_file') if dataset.get(key)}
    metainfo = dataset.get('metainfo') or {}
    classes = dataset.get('classes') or metainfo.get('classes')
    named = (
        repr(tuple(classes))
        if isinstance(classes, list | tuple)
        else "('<name of id 0>', '<name of id 1>', ...)"
    )
    suffixes = {'img_suffix': '.jpg', 'seg_map_suffix': '.png'}
    given.update({key: dataset.get(key, default) for key, default in suffixes.items()})
    parts = [f'{key}={value!r}' for key, value in given.items()]
    if old:
        parts += [f'{key}={value!r}' for key, value in folders.items()] + [f'classes={named}']
    else:
        parts += [f'data_prefix={dict(folders)!r}', f'metainfo=dict(classes={named})']
    return f"dict(type='BaseSegDataset', {', '.join(parts)}, pipeline=...)"


def unknown_dataset(dataset: Mapping[str, Any], kind: Kind, old: bool = False) -> str:
    """`unknown_type` for a data set, which may be one of plain folders."""
    text = unknown_type(dataset.get('type'), kind)
    folders = as_folders(dataset, old)
    return f'{text}, or if it is folders of photos and label maps, write {folders}' if folders else text
