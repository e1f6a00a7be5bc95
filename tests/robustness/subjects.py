"""What is damaged, and how to see whether a damaged one that is accepted means the same."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from PIL import Image
from robustness.mutators import change_setting, damage, damage_pickle, rearrange_png
from robustness.outcomes import Wrong
from small_config import small_config

from mmseg_facenext.checkpoints import load_weights
from mmseg_facenext.config.load import load_config
from mmseg_facenext.deploy.export import export
from mmseg_facenext.deploy.writing import write_openvino
from mmseg_facenext.engine.training import train
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.runtimes import load_runtime
from mmseg_facenext.runtimes.checksum import write_checksum
from mmseg_facenext.utils.read_image import FORMATS, read_image, read_labels

Generator = np.random.Generator
SIDE = 64


@dataclass(frozen=True)
class Subject:
    """`make` damages and returns a case to call and a name of it; it is given the number of the case."""

    name: str
    make: Callable[[Generator], tuple[Callable[[], object], str]]


def subjects(folder: Path) -> Iterator[Subject]:
    """Yield all but exports and trainings, with their undamaged files in `folder`."""
    yield Subject('photos', _photos())
    yield Subject('label maps', _labels())
    config = small_config()
    torch.manual_seed(0)
    model = build_segmentor(config)
    yield Subject('checkpoints', _checkpoints(model, folder))
    yield Subject('configs', _configs(config, folder))


def _photos():
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    files = {}
    for name in FORMATS:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, name)
        files[name] = stream.getvalue()

    def make(rng: Generator):
        name = FORMATS[rng.integers(len(FORMATS))]
        change = rearrange_png if name == 'PNG' and rng.integers(2) else damage
        content = change(files[name], rng)
        # Only PNG can tell that a pixel changed; a photo may differ, and has to have a sound shape.
        return (lambda: _expect(read_image(content).ndim == 3, 'no image')), name

    return make


def _labels():
    labels = np.random.default_rng(0).integers(0, 19, (SIDE, SIDE), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(labels).save(stream, 'PNG')

    def make(rng: Generator):
        content = damage(stream.getvalue(), rng)
        return (lambda: _expect(np.array_equal(_read(content), labels), 'other labels')), 'PNG'

    def _read(content: bytes) -> np.ndarray:
        return read_labels(io.BytesIO(content))

    return make


def _checkpoints(model: torch.nn.Module, folder: Path):
    file, damaged = folder / 'whole.pth', folder / 'damaged.pth'
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    torch.save({'meta': {'iter': 1}, 'state_dict': weights}, file)
    whole = file.read_bytes()

    def make(rng: Generator):
        change = (damage, damage_pickle)[rng.integers(2)]
        damaged.write_bytes(change(whole, rng))

        def case() -> None:
            load_weights(model, damaged)
            now = model.state_dict()
            if change is damage:  # a pickle with valid checksums may hold other weights under the same names
                _expect(all(torch.equal(now[key], weights[key]) for key in weights), 'other weights')

        return case, change.__name__

    return make


def export_both(folder: Path) -> list[Path]:
    """Export the network whose checkpoint `subjects` has left in `folder`, for `exports`."""
    file, openvino = folder / 'whole.onnx', [folder / 'whole.bin', folder / 'whole.xml']
    export(small_config(), folder / 'whole.pth', file, [np.zeros((SIDE, SIDE, 3), np.uint8)])
    write_openvino(file, load_runtime(file).metadata, openvino[1])
    write_checksum(openvino)
    return [file, *openvino]


def exports(files: list[Path], folder: Path) -> Subject:
    """Return exported files: .onnx, .bin and .xml, in this order."""
    damaged, runnable = folder / 'damaged.onnx', {'.onnx': files[0], '.xml': files[2]}
    width, height = load_runtime(files[0]).metadata.resize.scale
    photo = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)
    logits = {suffix: load_runtime(file)(photo) for suffix, file in runnable.items()}

    def make(rng: Generator):
        part = files[rng.integers(3)]
        for whole in files:
            content = whole.read_bytes()
            damaged.with_suffix(whole.suffix).write_bytes(damage(content, rng) if whole == part else content)
        run = damaged.with_suffix('.onnx' if part == files[0] else '.xml')
        return (
            lambda: _expect(np.array_equal(load_runtime(run)(photo), logits[run.suffix]), 'other logits')
        ), part.suffix

    return Subject('exports', make)


def _configs(config: Config, folder: Path):
    file = folder / 'changed.py'

    def make(rng: Generator):
        settings, what = change_setting(config.to_dict(), rng)
        Config(settings).dump(file)
        return (lambda: build_segmentor(load_config(file, purpose='model'))), what

    return make


def trainings(config: Path, folder: Path) -> Subject:
    """Return trainings of one iteration, on one process, with one setting changed."""
    settings = load_config(config).to_dict()
    settings.pop('env_paths', None)
    settings['train_cfg']['max_iters'] = 1
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        settings[loader].update(num_workers=0, persistent_workers=False)
    file = folder / 'changed_training.py'

    def make(rng: Generator):
        changed, what = change_setting(settings, rng)
        Config(changed).dump(file)
        work_dir = tempfile.mkdtemp(dir=folder)
        return (lambda: train(load_config(file, {'work_dir': work_dir}))), what

    return Subject('trainings', make)


def _expect(right: bool, otherwise: str) -> None:
    if not right:
        raise Wrong(otherwise)
