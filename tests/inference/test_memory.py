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
import os, re, sys
from pathlib import Path
from mmseg_facenext.inference import FaceParser

os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # threads have memory of their own
config, *photos, folder = sys.argv[1:]
parser = FaceParser(config, device='cpu')
for photo in photos:
    face = parser(photo)
    face.overlay()
    face.save(folder)
    status = Path('/proc/self/status').read_text()  # getrusage would count the process that started this one
    print(face.labels.shape, re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='/proc is read')
def test_a_photo_of_12_megapixels_takes_a_few_bytes_for_each_pixel(tmp_path):
    """MSCAN-T at 512x512, PyTorch, labels, overlay and figure with legend.

    Counted is what a large photo needs beyond a small one, which is the same on every machine. The photo, its
    overlay and the figure are 3 bytes each, some of them twice; logits of 19 classes at that size would be 76 bytes.
    """
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    photos = [tmp_path / 'small.jpg', tmp_path / 'large.jpg']
    for photo, size in zip(photos, [(400, 300), (4000, 3000)], strict=True):
        Image.fromarray(noise).resize(size).save(photo)
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', PROGRAM, CONFIG, *photos, tmp_path],
        cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.splitlines()[-2:]
    assert after.startswith('(3000, 4000)')
    small, large = (int(line.rpartition(' ')[2]) * 1024 for line in (before, after))
    assert 0 < large - small < 65 * 12e6  # 50 were measured, 30 of them by the scan for small faces
