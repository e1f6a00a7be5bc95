"""Colour the parts of faces in a video, its sound kept, or in what a camera sees.

    facenext video holiday.mp4 coloured.mp4            # by the weights that come with the package
    facenext video holiday.mp4                         # writes holiday_faces.mp4
    facenext video holiday.mp4 coloured.mp4 CONFIG CHECKPOINT
    facenext video 0                                   # the first camera, in a window; q ends
    facenext video 0 me.mp4                            # the first camera, to a file; Ctrl-C ends

Faces are followed from frame to frame, and labels are steady in time (docs/video.md). Ctrl-C ends the file early; what
was done until then can be played.
"""

from __future__ import annotations

import argparse
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UserError
from ..arguments import add_cfg_options, add_no_fuse, add_trust_checkpoint, at_least_one
from ..run import import_training_stack

if TYPE_CHECKING:
    from ...video import VideoParser

LESS_MEMORY = 'take a smaller video, or --device cpu'
INTERMIXED = True
MILLISECOND = Fraction(1, 1000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('source', metavar='IN', help='a video, or the number of a camera: 0 is the first one')
    parser.add_argument(
        'target',
        nargs='?',
        metavar='OUT',
        help='.mp4, .m4v, .mov or .mkv; default: IN_faces.mp4; of a camera, a window',
    )
    parser.add_argument('model', nargs='*', metavar='MODEL', help='as of `facenext parse`')
    parser.add_argument(
        '--every',
        type=at_least_one,
        default=5,
        metavar='N',
        help='frames from one search for faces to the next; in between they are followed; default %(default)s',
    )
    parser.add_argument(
        '--no-smooth', dest='smooth', action='store_false', help='label each frame by itself, for comparison'
    )
    parser.add_argument(
        '--no-detect',
        dest='detect',
        action='store_false',
        help='look for no faces, show each whole frame to the network as one',
    )
    parser.add_argument(
        '--smallest-face', type=at_least_one, metavar='PIXELS', help='height of the smallest faces to find'
    )
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colours: 0 to 1, default %(default)s'
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1, ...; default: the GPU if there is one')
    add_no_fuse(parser)
    add_trust_checkpoint(parser)
    add_cfg_options(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    from .parse import check_model

    check_model(parser, args, 'IN OUT')


def main(args: argparse.Namespace) -> None:
    from .parse import is_exported_file, load_parser

    camera = args.source.isdigit() and not Path(args.source).exists()
    if not camera:
        from ...video.read_video import VideoFile
        from ...video.video_writer import check_suffix

        args.target = args.target or str(Path(args.source).with_name(f'{Path(args.source).stem}_faces.mp4'))
        check_suffix(args.target)
        VideoFile(args.source).close()  # what is no video is said at once, not after seconds of imports
    if not (args.model and is_exported_file(args.model[0])):
        import_training_stack()

    from ...inference.results.saving import check_opacity
    from ...video import VideoParser
    from ...video.label_smoother import STRENGTH

    check_opacity(args.opacity)
    video = VideoParser(load_parser(args), args.every, STRENGTH if args.smooth else 0.0, args.detect)
    if camera:
        film(video, args)
    else:
        convert(video, args)


def convert(video: VideoParser, args: argparse.Namespace) -> None:
    """Parse a file into another one."""
    from ...video import write_video

    with progress_bar() as progress:
        task = progress.add_task(Path(args.source).name, total=None)
        written = write_video(
            video,
            args.source,
            args.target,
            args.opacity,
            on_frame=lambda count: progress.update(task, advance=1, total=count),
        )
    damaged = f', {written.damaged} damaged packets passed over' if written.damaged else ''
    stopped = ', stopped early' if written.interrupted else ''
    print(f'{args.source}: {written.frames} frames{damaged}{stopped} -> {args.target}', flush=True)
    if written.interrupted:
        raise KeyboardInterrupt


def film(video: VideoParser, args: argparse.Namespace) -> None:
    """Parse what a camera sees, to a window or a file, until somebody ends it."""
    from ...utils.atomic import atomic_path
    from ...video.camera import Camera, Window
    from ...video.video_writer import VideoWriter, check_suffix

    if not args.target:
        if sys.platform.startswith('linux') and not (
            os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')
        ):
            raise UserError(
                f'there is no screen for a window: name a file, as in facenext video {args.source} me.mp4'
            )
        with Camera(int(args.source)) as camera:
            window = Window(f'facenext: camera {args.source}')
            for _, frame in camera:
                if not window.show(video(frame).overlay(args.opacity)):
                    return
        return
    target = check_suffix(args.target)
    with Camera(int(args.source)) as camera, atomic_path(target) as temporary, progress_bar() as progress:
        task = progress.add_task(f'camera {args.source}, Ctrl-C ends', total=None)
        with VideoWriter(temporary, Fraction(25), MILLISECOND) as writer:
            last = -1
            try:
                for seconds, frame in camera:
                    last = max(last + 1, round(1000 * seconds))
                    writer.write(video(frame).overlay(args.opacity), last)
                    progress.update(task, advance=1)
            except KeyboardInterrupt:
                pass  # the way to end it
    print(f'camera {args.source} -> {target}')


def progress_bar():
    """Return rich's progress bar with frames a second."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    class Speed(TextColumn):
        def render(self, task):
            return f'{task.speed or 0:.1f} frames/s'

    return Progress(
        TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), Speed(''), TimeRemainingColumn()
    )
