"""Write a video file, frame by frame, with the sound of another one."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .read_video import import_av

SUFFIXES = ('.mp4', '.m4v', '.mov', '.mkv')
SOUNDS = ('aac', 'mp3', 'ac3', 'eac3', 'alac')  # that players of .mp4 and .mov know; .mkv takes all
CHANNELS = {1: 'mono', 2: 'stereo', 4: 'quad', 6: '5.1', 8: '7.1'}
CODEC, QUALITY = 'libx264', {'crf': '18', 'preset': 'veryfast'}


def check_suffix(path: str | os.PathLike[str]) -> Path:
    """Raises:
    UserError: this kind of file cannot be written.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise UserError(
            f'cannot write a video as {path}: name it {", ".join(SUFFIXES[:-1])} or {SUFFIXES[-1]}'
        )
    return Path(path)


class VideoWriter:
    """A file of H.264 that is complete after `close`, however few frames it has.

    Args:
        path: see `check_suffix`.
        rate: frames a second, the mean; a hint for players.
        time_base: seconds of one unit of time.
        picture: the stream that the frames come from, whose colours and shape of pixels are kept.
        turned: the frames were turned by a quarter.
        sounds: streams of sound, copied as they are where the kind of file takes them, else coded anew.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        rate: Fraction,
        time_base: Fraction,
        picture: Any = None,
        turned: bool = False,
        sounds: list[Any] | None = None,
    ) -> None:
        self._av = import_av()
        self._container = self._av.open(str(path), 'w')
        self._stream = self._container.add_stream(CODEC, rate=rate, options=QUALITY)
        self._stream.pix_fmt = 'yuv420p'
        self._stream.time_base = self._stream.codec_context.time_base = time_base
        self._picture, self._turned = picture, turned
        self._sounds: dict[int, Any] = {}
        self._coded: set[int] = set()  # streams of sound that are coded anew
        for sound in sounds or ():
            if Path(path).suffix.lower() == '.mkv' or sound.codec_context.name in SOUNDS:
                own = self._container.add_stream_from_template(sound)
            else:
                given = sound.codec_context
                if any(
                    channel.name == 'NONE' for channel in given.layout.channels
                ):  # it tells their number alone
                    given.layout = CHANNELS.get(given.channels, 'stereo')
                own = self._container.add_stream(
                    self._container.default_audio_codec, rate=given.sample_rate, layout=given.layout
                )
                self._coded.add(own.index)
            own.metadata.update(sound.metadata)
            self._sounds[sound.index] = own
        self._sized = False

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, pixels: np.ndarray, pts: int, duration: int = 0) -> None:
        """Add a frame, RGB uint8 (H, W, 3); `pts` is its time in units of `time_base`.

        H.264 has even sides: where they are odd, the last row or column is there twice.
        """
        pixels = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), mode='edge')
        if not self._sized:
            self._set_up(pixels)
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format='rgb24')
        frame = frame.reformat(format='yuv420p', dst_colorspace=self._space)
        frame.pts, frame.time_base = pts, self._stream.codec_context.time_base
        if duration:
            frame.duration = duration
        self._container.mux(self._stream.encode(frame))

    def _set_up(self, pixels: np.ndarray) -> None:
        own = self._stream.codec_context
        own.height, own.width = pixels.shape[:2]
        self._space = self._av.video.reformatter.Colorspace.ITU709
        own.colorspace, own.color_range = 1, 1  # BT.709, limited range: what `reformat` makes
        if self._picture is not None:
            given = self._picture.codec_context
            own.color_primaries, own.color_trc = given.color_primaries, given.color_trc
            if given.sample_aspect_ratio:
                ratio = given.sample_aspect_ratio
                self._stream.sample_aspect_ratio = 1 / ratio if self._turned else ratio
        self._sized = True

    def write_sound(self, packet: Any) -> None:
        """Add a packet of one of the `sounds`."""
        own = self._sounds[packet.stream.index]
        if own.index not in self._coded:
            packet.stream = own
            self._container.mux(packet)
            return
        for frame in packet.decode():
            self._container.mux(own.encode(frame))

    def close(self) -> None:
        """Write what is not written yet, and the end of the file."""
        if self._sized:
            self._container.mux(self._stream.encode(None))
            for own in self._sounds.values():
                if own.index in self._coded:
                    self._container.mux(own.encode(None))
        self._container.close()
