"""Gather small pictures without people, crops of which stand behind drawn faces.

    apt-get download mate-backgrounds plasma-workspace-wallpapers lomiri-wallpapers
    for package in *.deb; do dpkg -x $package wallpapers; done
    python benchmarks/background_photographs.py data/photographs wallpapers

Those of scikit-image come along. What is too plain, or almost like another one, is left out. Look through the result:
it must show no people. The licences of the packages' pictures differ (GPL and CC BY-SA among them): they are for
training, not for passing on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.errors import UserError

SIDE = 480  # pixels of the shorter side, at most
LONGEST = 960
NOT_PHOTOS = ('screenshot', 'Konqui')
FROM_SKIMAGE = (
    'brick.png',
    'grass.png',
    'gravel.png',
    'coffee.png',
    'chelsea.png',
    'rocket.jpg',
    'coins.png',
    'page.png',
)


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('folders', nargs='*', metavar='FOLDER')
    args = parser.parse_args(argv)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    kept: list[np.ndarray] = []
    for path in pictures(args.folders):
        picture = cv2.imread(str(path))
        if picture is None:
            print(f'left out, cannot be read: {path}')
            continue
        tiny = cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
        if tiny.std() < 4 or any(np.abs(tiny - other).mean() < 6 for other in kept):
            continue
        cv2.imwrite(str(out / f'{len(kept):03d}.jpg'), shrunk(picture), [cv2.IMWRITE_JPEG_QUALITY, 88])
        kept.append(tiny)
    print(f'{len(kept)} pictures in {out}')


def pictures(folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        found = sorted(path for end in ('jpg', 'png') for path in Path(folder).rglob(f'*.{end}'))
        if not found:
            raise UserError(f'{folder}: expected a folder with .jpg or .png pictures, found none')
        yield from (path for path in found if not any(word in str(path) for word in NOT_PHOTOS))
    yield from (Path(str(files('skimage') / 'data' / name)) for name in FROM_SKIMAGE)


def shrunk(picture: np.ndarray) -> np.ndarray:
    factor = min(1, SIDE / min(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return small[:LONGEST, :LONGEST]


if __name__ == '__main__':
    run_tool(main)
