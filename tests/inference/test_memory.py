"""How much memory a large photo takes, of the whole process, measured in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
CONFIG = 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py'
PROGRAM = """
import re, sys
from pathlib import Path
from mmseg_facenext.inference import FaceParser

config, photo, folder = sys.argv[1:]
face = FaceParser(config, device='cpu')(photo)
face.overlay()
face.save(folder)
status = Path('/proc/self/status').read_text()  # getrusage would count the process that started this one
print(face.labels.shape, re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='/proc is read')
def test_photo_of_12_megapixels_stays_within_1500_mb(tmp_path):
    """MSCAN-T at 512x512, PyTorch, labels, overlay and figure with legend. Half of it is importing PyTorch."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    Image.fromarray(noise).resize((4000, 3000)).save(tmp_path / 'photo.jpg')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', PROGRAM, CONFIG, tmp_path / 'photo.jpg', tmp_path],
        cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shape, _, kibibytes = done.stdout.strip().rpartition(' ')
    assert shape == '(3000, 4000)'
    assert int(kibibytes) * 1024 < 1.5e9
