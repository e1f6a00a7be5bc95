"""Five landmarks of a face, from the 106 of LaPa or the 68 of Helen.

They are float32 (5, 2): x and y in pixels of the image, the centre of the top left pixel being (0, 0), in the
order eye at the image's left, eye at its right, tip of the nose, corner of the mouth at the image's left, at
its right. For a face that looks out of the picture, the image's left is the person's right.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import UserError

MIRRORED = [1, 0, 2, 4, 3]
"""The order of the five after mirroring the image."""

# As SegFace takes them (Kartik-3004/SegFace, data set of LaPa): 74 and 83 are the middles of the eyes' outlines, 104
# and 105 the pupils; nose, corners of the mouth. FaRL takes the pupils alone.
_LAPA_EYES = ([74, 104], [83, 105])
_LAPA_OTHERS = [54, 84, 90]
_LAPA_POINTS = 106
# The mark-up of iBUG (300-W): 36-41 and 42-47 go around the eyes, 30 is the nose, 48 and 54 end the mouth.
_HELEN_EYES = (slice(36, 42), slice(42, 48))
_HELEN_OTHERS = [30, 48, 54]
_HELEN_POINTS = 68
HELEN_SCALE = 0.5
"""Helen's `landmarks.txt` is in pixels of photos twice as large as the relabelled ones."""


def five_of_106(points: np.ndarray) -> np.ndarray:
    """(106, 2) in LaPa's order -> float32 (5, 2); an eye is the mean of its two middle points."""
    eyes = [points[eye].mean(axis=0) for eye in _LAPA_EYES]
    return np.stack([*eyes, *points[_LAPA_OTHERS]]).astype(np.float32)


def five_of_68(points: np.ndarray) -> np.ndarray:
    """(68, 2) in iBUG's order -> float32 (5, 2); an eye is the mean of its outline."""
    eyes = [points[eye].mean(axis=0) for eye in _HELEN_EYES]
    return np.stack([*eyes, *points[_HELEN_OTHERS]]).astype(np.float32)


def mirror_landmarks(landmarks: np.ndarray, width: int) -> np.ndarray:
    """Return the five landmarks of an image `width` pixels wide, after mirroring it left to right."""
    mirrored = landmarks[MIRRORED]
    mirrored[:, 0] = width - 1 - mirrored[:, 0]
    return mirrored


def read_lapa_landmarks(path: str | Path) -> np.ndarray:
    """Return the five landmarks in a file of LaPa: the number 106, then an x and a y per line.

    Raises:
        UserError: the file is missing or holds something else.
    """
    values = _numbers(_text(Path(path)).split())
    if values is None or len(values) != 1 + 2 * _LAPA_POINTS or values[0] != _LAPA_POINTS:
        raise UserError(
            f'{path}: expected the number {_LAPA_POINTS} and then {_LAPA_POINTS} lines "x y", as LaPa has them; '
            'unpack the file again, or set landmarks=False'
        )
    return five_of_106(values[1:].reshape(_LAPA_POINTS, 2))


def read_helen_landmarks(path: str | Path, scale: float = HELEN_SCALE) -> dict[str, np.ndarray]:
    """Image name to all landmarks, float64 (68, 2), from a file with 68 x and y and then the name on each line.

    The name may carry folders, `_image` and an ending; the key is without them (`10405146_1`).

    Args:
        scale: what coordinates are multiplied by to be in pixels of the photos.

    Raises:
        UserError: the file is missing, or a line (which is named) holds something else.
    """
    found: dict[str, np.ndarray] = {}
    for number, line in enumerate(_text(Path(path)).splitlines(), start=1):
        fields = _fields(line)
        if not fields:
            continue
        values = _numbers(fields[:-1])
        if values is None or len(values) != 2 * _HELEN_POINTS:
            raise UserError(
                f'{path}, line {number}: expected {2 * _HELEN_POINTS} numbers (68 times x and y) and then the name '
                f'of the image, got {len(fields)} fields that end with {fields[-1]!r}'
            )
        name = Path(fields[-1]).name.partition('.')[0].removesuffix('_image')
        found[name] = values.reshape(_HELEN_POINTS, 2) * scale
    return found


def read_landmarks(path: str | Path, photos: Sequence[str | Path]) -> list[np.ndarray]:
    """Return the five landmarks of each photo, float32 (5, 2), in whatever form people have them.

    Args:
        path: a file for one photo (ten numbers, an x and a y of each of the five; or LaPa's 106 points), a folder of
            such files `<photo>.txt`, or Helen's table of all photos.

    Raises:
        UserError: a file is missing or holds something else, or a photo has no landmarks.
    """
    path = Path(path)
    if path.is_dir():
        return [_read_one(path / f'{Path(photo).stem}.txt') for photo in photos]
    # By the number of fields: the names of Helen (`10405146_1`) pass for numbers in Python.
    if len(_fields(_text(path).lstrip().partition('\n')[0])) != 2 * _HELEN_POINTS + 1:
        if len(photos) > 1:
            raise UserError(
                f'{path} has the landmarks of one photo, but there are {len(photos)}: name a folder'
            )
        return [_read_one(path)]
    table = read_helen_landmarks(path)
    names = [Path(photo).stem.removesuffix('_image') for photo in photos]
    if missing := [name for name in names if name not in table]:
        raise UserError(f'{path} has no landmarks of {missing[0]}')
    return [five_of_68(table[name]) for name in names]


def _read_one(path: Path) -> np.ndarray:
    values = _numbers(_fields(_text(path)))
    if values is not None and len(values) == 2 * len(MIRRORED):
        return values.reshape(-1, 2).astype(np.float32)
    if values is None or len(values) != 1 + 2 * _LAPA_POINTS:
        raise UserError(
            f'{path}: expected ten numbers (x and y of eyes, nose, corners of the mouth), the {_LAPA_POINTS} points '
            'of LaPa, or the table of Helen'
        )
    return read_lapa_landmarks(path)


def _fields(text: str) -> list[str]:
    return text.replace(',', ' ').split()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8-sig')
    except FileNotFoundError:
        raise UserError(
            f'landmarks not found: {path}; add them, or set landmarks=False for a model that needs none'
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'cannot read the landmarks in {path}: {error}') from None


def _numbers(fields: list[str]) -> np.ndarray | None:
    """Return float64 (N,), or None if one of the fields is no finite number."""
    try:
        values = np.array(fields, dtype=np.float64)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None
