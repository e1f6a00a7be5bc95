"""Parse a video file into another one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..inference import FaceParsing
from ..inference.results.saving import check_opacity
from ..utils.atomic import atomic_path
from .read_video import VideoFile
from .video_parser import VideoParser
from .video_writer import VideoWriter, check_suffix


@dataclass
class Written:
    """What became of a video.

    Attributes:
        frames: that were written.
        damaged: packets that could not be read and were passed over.
        interrupted: Ctrl-C came before the end; the file has the frames until then.
    """

    frames: int = 0
    damaged: int = 0
    interrupted: bool = False


def write_video(
    parser: VideoParser,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    opacity: float = 0.5,
    draw: Callable[[FaceParsing], np.ndarray] | None = None,
    on_frame: Callable[[int | None], object] | None = None,
) -> Written:
    """Parse the frames of `source`, and write them coloured to `target` with their times and the sound.

    Ctrl-C ends the file with the frames until then. If anything else fails, there is no file.

    Args:
        draw: makes the picture, RGB uint8 (H, W, 3), of what was found; by default `FaceParsing.overlay`.
        on_frame: called after each frame with about how many there are, None where the file does not tell.

    Raises:
        UserError: the source is no video, or the target cannot be written as one; the opacity is not 0 to 1.
    """
    check_opacity(opacity)
    target = check_suffix(target)
    if target.exists() and Path(source).exists() and target.samefile(source):
        raise UserError(f'{target} would be written over while it is read: choose another name')
    draw = draw or (lambda parsing: parsing.overlay(opacity))
    written = Written()
    parser.restart()
    with VideoFile(source) as video, atomic_path(target) as temporary:
        writer = None
        sounds = []  # until the first frame tells the size
        try:
            try:
                for part, pixels in video:
                    if pixels is None:
                        if writer is None:
                            sounds.append(part)
                        else:
                            writer.write_sound(part)
                        continue
                    picture = draw(parser(pixels))
                    if writer is None:
                        turned = round(part.rotation / 90) % 2 == 1
                        writer = VideoWriter(
                            temporary, video.rate, part.time_base, video.picture, turned, video.sounds
                        )
                    writer.write(picture, part.pts, part.duration or 0)
                    while sounds:
                        writer.write_sound(sounds.pop(0))
                    written.frames += 1
                    if on_frame is not None:
                        on_frame(video.count)
            except KeyboardInterrupt:
                if writer is None:
                    raise
                written.interrupted = True
        finally:
            if writer is not None:
                writer.close()
        written.damaged = video.damaged
    return written
