"""Drawn faces in the layouts of LaPa and Helen, with labels in their classes and landmarks in their order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ..errors import UserError
from ..taxonomy import CELEBAMASK_HQ, HELEN, LAPA, LabelSpace
from ..utils.cpu_count import usable_cores
from .drawing import draw_portrait
from .faces import DRAWING, SIZES, check_numbers, claim, encode, face_rng, spread, write_file


def write_lapa_tree(
    root: str | Path,
    count: int,
    seed: int = 0,
    image_size: int = 512,
    val_count: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Draw faces into a folder laid out like LaPa: `{train,val,test}/{images,labels,landmarks}`.

    Can be stopped and called again: complete faces are kept.

    Args:
        val_count: faces in `val`, and as many in `test`; a tenth by default. The others are in `train`.
        workers: processes; one per core by default. They do not change the result.
        progress: called with (faces complete, count) after each face.

    Returns:
        How many faces were drawn now; the others were there.

    Raises:
        UserError: a number out of range, or a folder that holds something else.
    """
    val_count = max(1, count // 10) if val_count is None else val_count
    splits = {'train': count - 2 * val_count, 'val': val_count, 'test': val_count}
    return _write_tree(Path(root), 'lapa', splits, seed, image_size, workers, progress, _write_lapa_face)


def write_helen_tree(
    root: str | Path,
    count: int,
    seed: int = 0,
    image_size: int = 512,
    val_count: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Draw faces into a folder laid out like Helen: `{train,test}/<name>_{image.jpg,label.png}`, `landmarks.txt`.

    Arguments, result and errors are those of `write_lapa_tree`, but for `val_count`: the faces in `test`.
    """
    root, val_count = Path(root), max(1, count // 10) if val_count is None else val_count
    splits = {'train': count - val_count, 'test': val_count}
    drawn = _write_tree(root, 'helen', splits, seed, image_size, workers, progress, _write_helen_face)
    # Where things are does not depend on the size of the drawing, so a small one tells it quickly.
    lines = spread(partial(_helen_line, seed, image_size), range(count), workers or usable_cores())
    write_file(root / 'landmarks.txt', ''.join(lines).encode())
    return drawn


def _write_tree(
    root: Path,
    layout: str,
    splits: dict[str, int],
    seed: int,
    image_size: int,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
    write_face: Callable[[Path, int, int, int], None],
) -> int:
    count, workers = sum(splits.values()), usable_cores() if workers is None else workers
    if splits['train'] < 1 or splits['test'] < 1:
        raise UserError(
            f'cannot split {count} faces into {", ".join(f"{n} for {split}" for split, n in splits.items())}: draw '
            'more, or hold out fewer'
        )
    check_numbers(count, seed, image_size, image_size, splits['test'], workers)
    recipe: dict[str, int | str] = {'layout': layout, 'drawing': DRAWING, 'seed': seed}
    claim(root, {**recipe, 'image_size': image_size, **splits}, count, tuple(splits))
    folders = [root / split for split, number in splits.items() for _ in range(number)]
    todo = [n for n in range(count) if not _image_path(layout, folders[n], n).exists()]
    draw = partial(_draw_into, write_face, folders, seed, image_size)
    for done, _ in enumerate(spread(draw, todo, workers), start=count - len(todo) + 1):
        if progress:
            progress(done, count)
    return len(todo)


def _draw_into(
    write_face: Callable[[Path, int, int, int], None], folders: list[Path], seed: int, size: int, n: int
) -> None:
    write_face(folders[n], seed, size, n)


def _image_path(layout: str, folder: Path, n: int) -> Path:
    return folder / 'images' / f'{n:06d}_0.jpg' if layout == 'lapa' else folder / f'{n:06d}_1_image.jpg'


def _write_lapa_face(folder: Path, seed: int, size: int, n: int) -> None:
    image, labels, outlines = draw_portrait(face_rng(seed, n), size)
    points = outlines.landmarks_106() * size - 0.5
    lines = ['106', *(f'{x:.2f} {y:.2f}' for x, y in points), '']
    write_file(folder / 'landmarks' / f'{n:06d}_0.txt', '\n'.join(lines).encode())
    _write_labels(folder / 'labels' / f'{n:06d}_0.png', labels, LAPA, ('eye_g', 'l_ear', 'r_ear'))
    _write_image(_image_path('lapa', folder, n), image)


def _write_helen_face(folder: Path, seed: int, size: int, n: int) -> None:
    image, labels, _ = draw_portrait(face_rng(seed, n), size)
    _write_labels(folder / f'{n:06d}_1_label.png', labels, HELEN, ('eye_g',))
    _write_image(_image_path('helen', folder, n), image)


def _helen_line(seed: int, size: int, n: int) -> str:
    points = draw_portrait(face_rng(seed, n), SIZES[0])[2].landmarks_68() * size - 0.5
    # Helen's landmarks are in pixels of photos twice as large.
    return ' '.join(f'{2 * value:.2f}' for value in points.ravel()) + f' {n:06d}_1\n'


def _write_labels(path: Path, labels: np.ndarray, space: LabelSpace, skin: tuple[str, ...]) -> None:
    """In the classes of `space`; `skin` are the drawn parts that it counts as skin."""
    lut = CELEBAMASK_HQ.remap_to(space, unmatched=0)
    lut[[CELEBAMASK_HQ.index(part) for part in skin]] = space.titles.index('skin')
    write_file(path, encode('.png', lut[labels], cv2.IMWRITE_PNG_COMPRESSION, 3))


def _write_image(path: Path, image: np.ndarray) -> None:
    """Written last, because a face counts as complete when its image is there."""
    write_file(path, encode('.jpg', image[..., ::-1], cv2.IMWRITE_JPEG_QUALITY, 95))
