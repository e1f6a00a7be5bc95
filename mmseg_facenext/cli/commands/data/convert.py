"""Translate label maps from one label space into another.

    facenext data convert predictions --from celebamask_hq_bisenet --to celebamask_hq --out translated
    facenext data convert CelebA-HQ-mask --from celebamask_hq --to lapa --out as_lapa
    facenext data convert labels --from celebamask_hq --map skin=1 hair=2 hat=2 --out three_classes

It lists which classes become one, which have no counterpart (those become --unmatched, by default 255, "not counted"),
and whether the way back is lossless. Classes match by meaning: LaPa's left eye is the viewer's, CelebAMask-HQ's the
person's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ....errors import UserError
from ....taxonomy import IGNORE, LABEL_SPACES, LabelSpace, get_label_space


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('folder', type=Path, help='label maps, PNG; folders in it are gone through, too')
    parser.add_argument('--from', dest='source', required=True, choices=list(LABEL_SPACES), help='what they are in')
    parser.add_argument('--to', choices=list(LABEL_SPACES), help='what is wanted')
    parser.add_argument('--map', nargs='+', default=[], metavar='CLASS=ID', help='own ids instead of --to')
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='where the translated maps go')
    parser.add_argument(
        '--unmatched', type=int, default=IGNORE, metavar='ID', help='for classes without a counterpart, default 255'
    )


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if bool(args.to) == bool(args.map):
        parser.error('give either --to or --map')
    if not 0 <= args.unmatched <= 255:
        parser.error(f'--unmatched must lie between 0 and 255, got {args.unmatched}')


def main(args: argparse.Namespace) -> None:
    import cv2
    import numpy as np
    from PIL import Image
    from rich.progress import track

    from ....utils.atomic import atomic_path
    from ....utils.read_image import read_labels

    source = get_label_space(args.source)
    if args.out.resolve() == args.folder.resolve():
        raise UserError(f'--out {args.out} is the folder itself: choose another')
    inside = args.out.resolve()
    files = [f for f in sorted(args.folder.rglob('*.png')) if not f.name.startswith('.') and inside not in f.resolve().parents]
    if not files:
        raise UserError(f'no PNG in {args.folder}')
    target = get_label_space(args.to) if args.to else None
    lut = source.remap_to(target, args.unmatched) if target else mapped(args.map, source, args.unmatched)
    print(description(lut, source, target))
    for file in track(files, 'translating', transient=True):
        labels = read_labels(file)
        strange = [i for i in np.unique(labels).tolist() if i >= source.num_classes and i != IGNORE]
        if strange:
            raise UserError(f'{file} has ids {strange[:8]}, which {source.name} has not: are they in another label space?')
        with atomic_path(args.out / file.relative_to(args.folder)) as path:
            Image.fromarray(cv2.LUT(labels, lut)).save(path, format='PNG')
    if target:
        (args.out / 'label_space.txt').write_text(target.name + '\n', encoding='utf-8')
    print(f'{len(files)} label maps in {args.out}')


def mapped(words: list[str], source: LabelSpace, unmatched: int):  # type: ignore[no-untyped-def]
    """Return uint8[256] for `class=id` words.

    Raises:
        UserError: a word is something else.
    """
    import numpy as np

    lut = np.full(256, unmatched, np.uint8)
    lut[IGNORE] = IGNORE
    for word in words:
        name, _, label = word.partition('=')
        if not label.isdecimal() or int(label) > IGNORE:
            raise UserError(f'--map {word}: expected CLASS=ID with an id of 0 to 255')
        lut[source.index(name)] = int(label)
    return lut


def description(lut, source: LabelSpace, target: LabelSpace | None) -> str:  # type: ignore[no-untyped-def]
    """Say what becomes of each class, what is merged and what is lost."""
    came: dict[int, list[str]] = {}
    for label, name in enumerate(source.classes):
        came.setdefault(int(lut[label]), []).append(name)
    lines = []
    for label, names in sorted(came.items()):
        what = 'not counted' if label == IGNORE else target.classes[label] if target else ''
        lines.append(f'{", ".join(names)} -> {label}{f" ({what})" if what else ""}')
    merged = [names for names in came.values() if len(names) > 1]
    lines.append(
        f'not lossless: merged are {"; ".join(" + ".join(names) for names in merged)}'
        if merged
        else 'lossless: every class keeps an id of its own'
    )
    return '\n'.join(lines)
