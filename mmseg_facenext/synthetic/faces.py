"""Faces that draw themselves: a data set in CelebAMask-HQ's raw layout, from a seed.

They train and test everything without a download. Face `n` of a seed is the same face however many are
drawn, by however many processes and at whatever size.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from ..datasets.celebamask_hq.folders import IMAGE_FOLDER, IMAGES_PER_FOLDER, PART_FOLDER, PARTS, part_paths
from ..errors import UserError
from ..taxonomy import CELEBAMASK_HQ
from ..utils.atomic import atomic_path
from ..utils.cpu_count import usable_cores
from .drawing import Part, draw_face

RECIPE_FILE = 'synthetic.json'
DRAWING = 22
"""Raised when the same seed draws other faces, so that old and new faces do not mix in one folder."""

SIZES = range(32, 4097)
MAX_FACES = 100_000
Result = TypeVar('Result')
# In the data set, the mask of the skin runs on under the parts that are painted over it.
UNDER_SKIN = (
    Part.SKIN,
    Part.NOSE,
    Part.EYE_G,
    Part.L_EYE,
    Part.R_EYE,
    Part.L_BROW,
    Part.R_BROW,
    Part.MOUTH,
    Part.U_LIP,
    Part.L_LIP,
)

__all__ = ['draw_face', 'draw_sheet', 'face_rng', 'write_celebamask_tree', 'write_sheet']


def write_celebamask_tree(
    root: str | Path,
    count: int,
    seed: int = 0,
    image_size: int = 512,
    mask_size: int = 512,
    val_count: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Draw faces into a folder laid out like the downloaded CelebAMask-HQ, with its splits.

    Writes `CelebA-HQ-img/<n>.jpg`, `CelebAMask-HQ-mask-anno/<n // 2000>/<n:05d>_<part>.png` for the parts
    that are there, `train_split.txt`, `val_split.txt` (the last ids) and `synthetic.json`, which tells how
    the folder was made. Can be stopped and called again: complete faces are kept. The same folder can be
    extended by a larger count.

    Args:
        val_count: faces held out; a tenth by default.
        workers: processes; one per core by default. They do not change the result.
        progress: called with (faces complete, count) after each face.

    Returns:
        How many faces were drawn now; the others were there.

    Raises:
        UserError: a number out of range, or a folder that holds something else.
    """
    root = Path(root)
    val_count = max(1, count // 10) if val_count is None else val_count
    workers = usable_cores() if workers is None else workers
    check_numbers(count, seed, image_size, mask_size, val_count, workers)
    recipe = {'drawing': DRAWING, 'seed': seed, 'image_size': image_size, 'mask_size': mask_size}
    claim(root, recipe, count, (IMAGE_FOLDER, PART_FOLDER))

    todo = [n for n in range(count) if not _image_path(root, n).exists()]
    for number in {n // IMAGES_PER_FOLDER for n in range(count)}:
        (root / PART_FOLDER / str(number)).mkdir(parents=True, exist_ok=True)
    (root / IMAGE_FOLDER).mkdir(exist_ok=True)
    draw = partial(_write_face, root, seed, image_size, mask_size)
    for done, _ in enumerate(spread(draw, todo, workers), start=count - len(todo) + 1):
        if progress:
            progress(done, count)
    ids = [str(n) for n in range(count)]
    write_file(root / 'train_split.txt', '\n'.join([*ids[:-val_count], '']).encode())
    write_file(root / 'val_split.txt', '\n'.join([*ids[-val_count:], '']).encode())
    return len(todo)


def draw_sheet(count: int = 16, seed: int = 0, size: int = 256, columns: int = 4) -> np.ndarray:
    """Return a contact sheet, uint8 RGB: each face beside its labels in the colours of `CELEBAMASK_HQ`."""
    palette = np.array(CELEBAMASK_HQ.palette, np.uint8)
    tiles = []
    for n in range(count):
        image, labels = draw_face(face_rng(seed, n), size)
        tiles.append(np.concatenate([image, palette[labels]], axis=1))
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-count % columns)
    rows = [np.concatenate(tiles[i : i + columns], axis=1) for i in range(0, len(tiles), columns)]
    return np.concatenate(rows)


def write_sheet(path: str | Path, count: int = 16, seed: int = 0, size: int = 256, columns: int = 4) -> None:
    """Write a contact sheet as .png or .jpg.

    Raises:
        UserError: another ending.
    """
    path = Path(path)
    if path.suffix not in ('.png', '.jpg'):
        raise UserError(f'cannot write a sheet as {path}: name it .png or .jpg')
    sheet = draw_sheet(count, seed, size, columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, encode(path.suffix, sheet[..., ::-1], cv2.IMWRITE_JPEG_QUALITY, 85))


def face_rng(seed: int, n: int) -> np.random.Generator:
    """Return the generator that draws face `n` of a seed."""
    return np.random.default_rng([seed, n])


def check_numbers(
    count: int, seed: int, image_size: int, mask_size: int, val_count: int, workers: int
) -> None:
    """Raises:
    UserError: a number is out of range.
    """
    if not 2 <= count <= MAX_FACES:
        raise UserError(f'cannot draw {count} faces: give 2 to {MAX_FACES}, so that both splits have one')
    if not 1 <= val_count < count:
        raise UserError(f'cannot hold out {val_count} of {count} faces: give 1 to {count - 1}')
    if seed < 0:
        raise UserError(f'seed {seed} is negative: give 0 or more')
    if workers < 1:
        raise UserError(f'cannot draw with {workers} workers: give 1 or more')
    for name, size in (('image', image_size), ('mask', mask_size)):
        if size not in SIZES:
            raise UserError(f'{name} size {size} is out of range: give {SIZES[0]} to {SIZES[-1]} pixels')


def claim(root: Path, recipe: Mapping[str, int | str], count: int, folders: Sequence[str]) -> None:
    """Make the folder ours, or find that it is already, and made by the same recipe.

    Args:
        folders: those that tell a data set of somebody else's.

    Raises:
        UserError: the path is a file, or holds other faces.
    """
    path = root / RECIPE_FILE
    if path.exists():
        found = _read_recipe(path)
        differ = [
            f'{key} {found.get(key)} instead of {recipe[key]}'
            for key in recipe
            if found.get(key) != recipe[key]
        ]
        if differ:
            raise UserError(
                f'{root} holds faces made with {", ".join(differ)}: choose another folder or delete it'
            )
        if found.get('count', 0) > count:
            raise UserError(
                f'{root} holds {found["count"]} faces, {count} wanted: choose another folder or delete it'
            )
    elif any((root / folder).exists() for folder in folders):
        raise UserError(f'{root} already holds a data set that was not drawn: choose another folder')
    try:
        root.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        raise UserError(f'cannot make the folder {root}: {error.strerror}; choose another path') from None
    write_file(path, json.dumps({**recipe, 'count': count}, indent=2).encode())


def _read_recipe(path: Path) -> dict:
    try:
        found = json.loads(path.read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(f'{path} cannot be read: delete the folder it is in, or choose another one')
    return found


def _write_face(root: Path, seed: int, image_size: int, mask_size: int, n: int) -> None:
    image, labels = draw_face(face_rng(seed, n), image_size)
    if mask_size != image_size:
        labels = cv2.resize(labels, (mask_size, mask_size), interpolation=cv2.INTER_NEAREST_EXACT)
    masks = {
        name: np.isin(labels, UNDER_SKIN) if part == Part.SKIN else labels == part
        for part, name in enumerate(PARTS, start=1)
    }
    present = sum(1 << bit for bit, name in enumerate(PARTS) if masks[name].any())
    for name, path in part_paths(root / PART_FOLDER, n, present).items():
        write_file(
            Path(path), encode('.png', masks[name].astype(np.uint8) * 255, cv2.IMWRITE_PNG_COMPRESSION, 3)
        )
    # last, because a face counts as complete when its image is there
    write_file(_image_path(root, n), encode('.jpg', image[..., ::-1], cv2.IMWRITE_JPEG_QUALITY, 95))


def _image_path(root: Path, n: int) -> Path:
    return root / IMAGE_FOLDER / f'{n}.jpg'


def encode(extension: str, pixels: np.ndarray, option: int, value: int) -> bytes:
    _, data = cv2.imencode(extension, pixels, [option, value])
    return data.tobytes()


def write_file(path: Path, data: bytes) -> None:
    """All of the file or nothing of it."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def spread(draw: Callable[[int], Result], todo: Sequence[int], workers: int) -> Iterator[Result]:
    """`draw` of each number in turn, by several processes."""
    workers = min(workers, len(todo))
    if workers <= 1:
        yield from map(draw, todo)
        return
    # forked workers need not import torch again; where there is no fork, the default has to do
    method = 'fork' if 'fork' in multiprocessing.get_all_start_methods() else None
    with ProcessPoolExecutor(workers, multiprocessing.get_context(method), _start_worker) as pool:
        yield from pool.map(draw, todo, chunksize=4)


def _start_worker() -> None:
    cv2.setNumThreads(0)  # the processes fill the cores already
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops them
