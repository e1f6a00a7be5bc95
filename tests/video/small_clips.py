"""Tiny videos, written and read by PyAV alone."""

from fractions import Fraction

import av
import numpy as np


def write_clip(path, frames, times, sound=True, codec='libx264', sound_codec='aac'):
    """Frames RGB uint8 (H, W, 3) at these times in milliseconds, and a sine of 440 Hz."""
    with av.open(str(path), 'w') as out:
        picture = out.add_stream(codec, rate=25)
        picture.height, picture.width = frames[0].shape[:2]
        picture.pix_fmt = 'yuv444p' if frames[0].shape[0] % 2 or frames[0].shape[1] % 2 else 'yuv420p'
        picture.codec_context.time_base = Fraction(1, 1000)
        noise = out.add_stream(sound_codec, rate=16000, layout='mono') if sound else None
        for frame, time in zip(frames, times, strict=True):
            own = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format='rgb24')
            own.pts, own.time_base = time, Fraction(1, 1000)
            out.mux(picture.encode(own))
        out.mux(picture.encode(None))
        if noise:
            sine = np.sin(2 * np.pi * 440 * np.arange(16000 * (times[-1] + 40) // 1000) / 16000)
            own = av.AudioFrame.from_ndarray(
                (8000 * sine).astype(np.int16)[None], format='s16', layout='mono'
            )
            own.sample_rate, own.pts = 16000, 0
            out.mux(noise.encode(own))
            out.mux(noise.encode(None))
    return path


def read_clip(path):
    """Times in milliseconds, frames RGB, and the bytes of the packets of sound."""
    with av.open(str(path)) as file:
        frames = [(round(1000 * float(f.time)), f.to_ndarray(format='rgb24')) for f in file.decode(video=0)]
    with av.open(str(path)) as file:
        packets = [bytes(p) for p in file.demux(audio=0) if p.size] if file.streams.audio else []
    return [time for time, _ in frames], [frame for _, frame in frames], packets
