"""Read a video: upright frames with their times, and the packets of its sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import UserError


def import_av() -> Any:
    """Return PyAV.

    Raises:
        UserError: it is not installed.
    """
    try:
        import av
    except ImportError:
        raise UserError(
            'video files are read and written by PyAV, which is missing: pip install "mmseg_facenext[video]" (or av)'
        ) from None
    av.logging.set_level(av.logging.FATAL)  # its remarks on damaged files would go to the terminal
    return av


class VideoFile:
    """A file that is read from its beginning to its end.

    Frames are turned upright by the file's rotation. Packets that cannot be decoded are passed over.

    Args:
        path: a file of any kind that FFmpeg reads.

    Attributes:
        picture: the video stream.
        sounds: the streams of sound.
        damaged: packets that were passed over.

    Raises:
        UserError: there is no such file, or it is no video.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._av = import_av()
        self.path, self.damaged = Path(path), 0
        if not self.path.is_file():
            raise UserError(f'there is no video {path}')
        try:
            self._container = self._av.open(str(path))
        except self._av.FFmpegError as error:
            raise UserError(
                f'{path} is no video that can be read, or it is damaged ({error.strerror})'
            ) from None
        self.picture = self._container.streams.best('video')
        if self.picture is None or self.picture.codec_context is None:
            self.close()
            raise UserError(f'{path} has no moving picture: it holds sound or something else')
        self.picture.thread_type = 'AUTO'
        self.sounds = [each for each in self._container.streams.audio if each.codec_context is not None]

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    @property
    def rate(self) -> Fraction:
        """Frames a second, the mean."""
        return self.picture.average_rate or self.picture.guessed_rate or Fraction(25)

    @property
    def count(self) -> int | None:
        """About how many frames there are, None where the file does not tell."""
        if self.picture.frames:
            return self.picture.frames
        if self._container.duration is None:
            return None
        return round(self._container.duration / self._av.time_base * self.rate)

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray | None]]:
        """Yield (frame, RGB uint8 (H, W, 3)), its time in `frame.pts`, or (packet of sound, None).

        Raises:
            UserError: there is no frame that can be read.
        """
        shape, after = None, None
        for packet in self._packets():
            if packet.stream is not self.picture:
                if packet.dts is not None:
                    yield packet, None
                continue
            try:
                frames = packet.decode()
            except self._av.FFmpegError:
                self.damaged += 1
                continue
            for frame in frames:
                pixels = upright(frame)
                if shape is not None and pixels.shape != shape:
                    pixels = cv2.resize(pixels, shape[1::-1], interpolation=cv2.INTER_AREA)
                shape = pixels.shape
                if after is not None and (frame.pts is None or frame.pts < after):
                    frame.pts = after  # times go up
                frame.pts = frame.pts or 0
                after = frame.pts + 1
                yield frame, pixels
        if shape is None:
            raise UserError(f'{self.path} has no frame that can be read: it is damaged or empty')

    def _packets(self) -> Iterator[Any]:
        packets = self._container.demux(self.picture, *self.sounds)
        while True:
            try:
                packet = next(packets, None)
            except self._av.FFmpegError:
                self.damaged += 1  # the file ends here
                return
            if packet is None:
                return
            yield packet


def upright(frame: Any) -> np.ndarray:
    """Return a frame as RGB uint8 (H, W, 3), turned by the rotation that its file asks for."""
    pixels = frame.to_ndarray(format='rgb24')
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
