"""How fast a folder is parsed, beside a plain loop and beside the network alone.

    python benchmarks/folder_of_photos.py FOLDER [--rounds 5] [--model face.onnx]

- plain loop: read, resize, network, labels at the photo's size, one photo after the other;
- parse_many, whole: `parse_many(detect=False)`, which does the same;
- network alone: the pictures that `parse_many` shows to the network, two of each face in a snapshot, made beforehand;
- parse_many: finds the faces, shows them, brings the labels back.

The sides take turns in one process; speeds are relative to the plain loop, medians over the rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from mmseg_facenext.analysis.timing import compare, hardware
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.photos import find_photos
from mmseg_facenext.inference.read_photo import read_photo
from mmseg_facenext.inference.shown_photo import show_photo


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('photos', nargs='+', help='files and folders')
    parser.add_argument('--rounds', type=at_least_one, default=5, help='default %(default)s')
    parser.add_argument('--model', nargs='+', default=[], help='CONFIG CHECKPOINT, or an exported file')
    args = parser.parse_args(argv)
    parse, files = FaceParser(*args.model), find_photos(args.photos)
    shown = [show_photo(*read_photo(file), parse.network, parse.detector) for file in files]
    faces = [len(photo.faces or ()) for photo in shown]
    pictures = [picture.pixels for photo in shown for picture in photo.pictures]
    size = np.mean([photo.image.shape[0] * photo.image.shape[1] for photo in shown]) / 1e6
    print(
        f'{len(files)} photos of {size:.1f} megapixels, {sum(faces)} faces, {len(pictures)} pictures; {hardware()}'
    )

    def plain_loop() -> None:
        network = parse.network
        for file in files:
            _, image = read_photo(file)
            [logits] = network.logits([network.resize(image)])
            network.labels(logits, image.shape[:2])

    def network_alone() -> None:
        batch = parse.network.usual_batch
        for start in range(0, len(pictures), batch):
            parse.network.logits(pictures[start : start + batch])

    times = compare(
        {
            'plain loop': plain_loop,
            'parse_many, whole': lambda: list(parse.parse_many(files, detect=False)),
            'network alone': network_alone,
            'parse_many': lambda: list(parse.parse_many(files)),
        },
        repeats=args.rounds,
        warmup=1,
    )
    print(times.table())
    print(f'parse_many: {len(files) / times["parse_many"].median:.1f} photos a second')


if __name__ == '__main__':
    run_tool(main)
