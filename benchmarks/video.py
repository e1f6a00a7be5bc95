"""Flicker and lag of the labels of videos whose truth is known, smoothed and frame by frame.

    python benchmarks/video.py
    python benchmarks/video.py --people 4 --frames 40 --period 24    # twice as fast

Drawn people move; see `mmseg_facenext.synthetic.moving`. Columns:

    mIoU      of all frames against the truth, in percent
    flicker   share of the person's pixels whose label changes from a frame to the next, seen from the person, where the
              truth does not change; in percent
    lag       mean IoU against the truth of this frame, of the one before, and of the one before that: it should be
              largest for this frame, by as much as frame by frame
    jitter    how far the square around the face moves against the person from a frame to the next, in percent of its
              side

`plain` is `FaceParser` on every frame. `followed` follows the faces but takes each frame's labels as they are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

import mmseg_facenext.register  # noqa: F401
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.evaluation import confusion_matrix
from mmseg_facenext.inference import FaceParser, FaceParsing
from mmseg_facenext.synthetic.moving import BACKGROUND, MovingFace
from mmseg_facenext.taxonomy import CELEBAMASK_HQ
from mmseg_facenext.video import VideoParser

CLASSES = CELEBAMASK_HQ.num_classes


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', nargs='*', metavar='MODEL', help='CONFIG CHECKPOINT, or one file')
    parser.add_argument('--people', type=int, default=4, help='videos, default %(default)s')
    parser.add_argument('--frames', type=int, default=24, help='of each, default %(default)s')
    parser.add_argument('--period', type=float, default=48.0, help='frames of one sway, default %(default)s')
    parser.add_argument('--strength', type=float, nargs='*', default=[0.75], help='weights of the past')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    parser = FaceParser(*args.model)
    ways: dict[str, Callable[[], Callable[[np.ndarray], FaceParsing]]] = {
        'plain': lambda: parser,
        'followed': lambda: VideoParser(parser, strength=0.0),
    }
    for strength in args.strength:
        ways[f'smoothed {strength:g}'] = lambda strength=strength: VideoParser(parser, strength=strength)
    print(
        f'{"":14} {"mIoU":>7} {"flicker":>8} {"lag 0":>7} {"lag 1":>7} {"lag 2":>7} {"jitter":>7} {"s/frame":>8}'
    )
    videos = [MovingFace(seed, period=args.period) for seed in range(args.people)]
    for name, start in ways.items():
        print(f'{name:14} ' + measure(videos, args.frames, start), flush=True)


def measure(
    videos: Sequence[MovingFace], frames: int, start: Callable[[], Callable[[np.ndarray], FaceParsing]]
) -> str:
    """Return the row of one way to label frames."""
    counts = [torch.zeros(CLASSES, CLASSES, dtype=torch.int64) for _ in range(3)]
    changed, steady, jitter, seconds = 0, 0, [], 0.0
    for video in videos:
        label, truths, last, corners = start(), [], None, None
        for moment in range(frames):
            frame, truth = video(moment)
            truths.append(truth)
            began = time.perf_counter()
            parsing = label(frame)
            seconds += time.perf_counter() - began
            for lag, count in enumerate(counts):
                if moment >= 2:
                    count += iou_counts(parsing.labels, truths[-1 - lag])
            seen = video.steady(parsing.labels, moment)
            if last is not None:
                counted = (seen != 255) & (last != 255) & (video.labels != BACKGROUND)
                changed, steady = changed + int((seen != last)[counted].sum()), steady + int(counted.sum())
            last = seen
            now = portrait_corners(video, parsing, moment)
            if now is not None and corners is not None:
                jitter.append(np.hypot(*(now - corners).T).mean() / np.hypot(*(now[1] - now[0])))
            corners = now
    values = [mean_iou(counts[0]), changed / steady, *map(mean_iou, counts), np.mean(jitter or [np.nan])]
    widths = (7, 8, 7, 7, 7, 7)
    cells = [f'{100 * value:{width}.2f}' for value, width in zip(values, widths, strict=True)]
    return ' '.join(cells) + f' {seconds / frames / len(videos):8.2f}'


def iou_counts(labels: np.ndarray, truth: np.ndarray) -> torch.Tensor:
    return confusion_matrix(torch.from_numpy(labels).long(), torch.from_numpy(truth).long(), CLASSES, 255)


def mean_iou(counts: torch.Tensor) -> float:
    """Mean over the classes that occur in the truth."""
    right = counts.diag().double()
    union = counts.sum(0) + counts.sum(1) - counts.diag()
    return float((right / union)[counts.sum(1) > 0].mean())


def portrait_corners(video: MovingFace, parsing: FaceParsing, moment: int) -> np.ndarray | None:
    """Return the corners (4, 2) of the largest face's square in the portrait, where nothing moves."""
    if not parsing.faces:
        return None
    matrix = video.matrix(moment)
    return (parsing.faces[0].square.corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T


if __name__ == '__main__':
    run_tool(main)
