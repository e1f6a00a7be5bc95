"""A trained model as one call: photo in, class of each pixel out."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UserError
from ..runtimes import SUFFIXES, is_exported
from ..utils.cpu_count import share_cores, usable_cores
from ..utils.training_stack import TRAINING_STACK
from .detection import CenterFace, Detector
from .exported_network import ExportedNetwork
from .read_photo import Photo, read_photo
from .results import FaceParsing
from .results.islands import least_shares, without_islands
from .shown_photo import Network, Picture, ShownPhoto, show_photo

if TYPE_CHECKING:
    import numpy as np
    import torch
    from mmengine.config import Config
    from numpy.typing import ArrayLike

_BUILDING = Lock()  # mmengine's default scope and torch's list of safe classes belong to the whole process


class FaceParser:
    """Labels every pixel of photos.

        parser = FaceParser()                # the weights that come with the package
        parser = FaceParser('segface.mobilenet_v3_large.512.celebamaskhq')  # published weights
        parser = FaceParser('local_configs/segnext/tiny/....py', 'best.pth')
        parser = FaceParser('mine.safetensors')   # published with its config
        parser = FaceParser('face.onnx')
        parser('me.jpg').figure().show()

    Faces are found anywhere in a photo and parsed one by one; docs/photos.md tells how. Photos that are cut around
    their only face are parsed whole. The same photo gives the same labels on every call. The data set of the config
    need not be there.

    Threads: one parser may be called from any number of threads at once, whatever runs its network (PyTorch, ONNX
    Runtime, OpenVINO); each photo gets the labels that it gets alone. Each thread needs an iterator of its own from
    `parse_many`. Parsers may be made in several threads, too. Not while others use it: changing `model` (moving it,
    loading weights, training). A factorisation that starts at random (`rand_init=True`) differs from call to call
    with and without threads.

    Args:
        model: published weights by name (docs/weights.md), downloaded at their first use; or path or name of a
            config, or a loaded one; or a file that brings everything with it: one that `facenext export` wrote
            (`.onnx`, or `.xml` with its `.bin`), which needs no PyTorch, or `.safetensors` that
            `facenext publish` wrote with `--config`. None takes the weights that come with the package.
        checkpoint: path, name or http address of the weights of a config. None takes the published weights of that
            name; where there are none, random ones (for a look at speed).
        device: of a config: 'cpu', 'cuda', 'cuda:1', ... None takes the GPU if there is one. Exported files
            run on the CPU.
        fuse: of a config: run the inference form of the model, see `mmseg_facenext.models.fuse`.
        trust: of a config: read a checkpoint that holds code too, see `read_checkpoint`.
        threads: of an exported file: None takes all cores that this process may use.
        precision: of an exported file: 'float32' (default), or 'bf16' with OpenVINO where the processor has it.
        detector: what finds the faces; any `Detector`, such as `CenterFace(smallest=80)`. None takes `CenterFace()`
            for models that know skin, and none for others. False shows each whole photo to the network as one face.
        islands: keep small islands of a class, see `without_islands`. None keeps them for all models but the one that
            comes with the package.

    Attributes:
        label_space: what the ids mean.
        network: what labels pictures at the size that they are shown to it.
        model: the segmentor, in evaluation mode, or the exported file's runtime.

    Raises:
        UserError: the model cannot be used or its parts do not fit each other; an argument belongs to the other
            kind of model; there is no such device; a package is missing.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Config | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | torch.device | None = None,
        fuse: bool = True,
        trust: bool = False,
        *,
        threads: int | None = None,
        precision: str | None = None,
        detector: Detector | Literal[False] | None = None,
        islands: bool | None = None,
    ) -> None:
        self.network: Network
        if model is not None and is_exported(model):
            if checkpoint is not None:
                raise UserError(f'{model} holds its own weights: leave the checkpoint {checkpoint} out')
            if device not in (None, 'cpu'):
                raise UserError(f'{model} is an exported model: it runs on the CPU, not on {device}')
            self.network = ExportedNetwork(model, threads, precision or 'float32')
        else:
            if threads is not None or precision is not None:
                raise UserError(f'threads and precision are for {" and ".join(SUFFIXES)} files, got {model}')
            self.network = _torch_network(model, checkpoint, device, fuse, trust)
        self.model = self.network.model
        self.label_space = self.network.label_space
        self._detector = detector
        self._islands = model is not None if islands is None else islands

    @property
    def detector(self) -> Detector | None:
        """What finds the faces, if anything."""
        if self._detector is not None:
            return self._detector or None
        knows_faces = {'background', 'skin'} <= set(self.label_space.titles)
        return _default_detector() if knows_faces else None

    def __call__(
        self, photo: Photo, landmarks: ArrayLike | None = None, *, detect: bool = True
    ) -> FaceParsing:
        """Label one photo: a file, a Pillow image, or an RGB uint8 array (H, W, 3) (or grey, or with alpha).

        Args:
            landmarks: (5, 2), for a model that aligns faces (`AlignedEncoderDecoder`): x and y in pixels of the
                photo, eye at the image's left, eye at its right, nose, corner of the mouth at the image's left,
                at its right. The photo is then taken as cut around that face.
            detect: look for faces; if not, the whole photo is shown to the network as one face.

        Raises:
            UserError: it is no photo, or a damaged one; the model needs landmarks, or has no use for them.
        """
        points = None if landmarks is None else [landmarks]
        return next(self.parse_many([photo], landmarks=points, detect=detect))

    def parse_many(
        self,
        photos: Iterable[Photo],
        batch_size: int | None = None,
        on_bad_photo: Callable[[UserError], object] | None = None,
        landmarks: Iterable[ArrayLike] | None = None,
        detect: bool = True,
    ) -> Iterator[FaceParsing]:
        """Label photos in their order, `batch_size` faces at once where the network sees them at one size.

        Reads no more photos ahead than fill a batch.

        Args:
            batch_size: None takes 8, and 2 where PyTorch runs on a CPU, which is faster there.
            on_bad_photo: told of each photo that cannot be read, which then is left out of the results.
            landmarks, detect: as for a single one.

        Raises:
            UserError: a photo cannot be read and there is no `on_bad_photo`; `batch_size` is below 1; the model
                needs landmarks, or has no use for them.
        """
        if batch_size is None:
            batch_size = self.network.usual_batch
        if batch_size < 1:
            raise UserError(f'batch_size must be at least 1, got {batch_size}')
        detector = self.detector if detect and landmarks is None else None
        points = itertools.repeat(None) if landmarks is None else landmarks
        given = zip(photos, points, strict=landmarks is not None)
        waiting: deque[ShownPhoto] = deque()
        least = 0.0 if self._islands else least_shares(self.label_space)
        pictures = self._pictures(given, detector, batch_size, on_bad_photo, waiting)
        for _, same_size in itertools.groupby(pictures, key=lambda picture: picture.pixels.shape):
            while batch := list(itertools.islice(same_size, batch_size)):
                landmarks_of = [picture.points for picture in batch if picture.points is not None]
                logits = self.network.logits([picture.pixels for picture in batch], landmarks_of or None)
                for picture, answer in zip(batch, logits, strict=True):
                    picture.answer = answer if self._islands else self._cleaned(answer)
                while waiting and waiting[0].is_answered:
                    yield waiting.popleft().parsing(self.network, least)
        while waiting:
            yield waiting.popleft().parsing(self.network, least)

    def _cleaned(self, logits: Any) -> np.ndarray:
        return without_islands(self.network.array(logits), self.label_space)

    def _pictures(
        self,
        photos: Iterable[tuple[Photo, ArrayLike | None]],
        detector: Detector | None,
        ahead: int,
        on_bad_photo: Callable[[UserError], object] | None,
        waiting: deque[ShownPhoto],
    ) -> Iterator[Picture]:
        """Yield what the network is to look at; each photo is put to those that wait for its answers.

        While the network works, threads read up to `ahead` photos and look for faces in them.
        """

        def shown(photo: Photo, points: ArrayLike | None) -> ShownPhoto:
            path, image = read_photo(photo)
            return show_photo(path, image, self.network, detector, points)

        with ThreadPoolExecutor(min(ahead, usable_cores())) as pool:
            started = (pool.submit(shown, photo, points) for photo, points in photos)
            reading = deque(itertools.islice(started, ahead))
            while reading:
                try:
                    ready = reading.popleft().result()
                except UserError as error:
                    if on_bad_photo is None:
                        raise
                    on_bad_photo(error)
                else:
                    waiting.append(ready)
                    yield from ready.pictures
                reading.extend(itertools.islice(started, 1))


@lru_cache(maxsize=1)
def _default_detector() -> CenterFace:
    return CenterFace()


def _torch_network(model: Any, checkpoint: Any, *arguments: Any) -> Network:
    if not TRAINING_STACK:
        raise UserError(
            f'{model or "FaceParser()"} needs PyTorch and mmsegmentation (requirements.txt), which are not installed; '
            f'without them only files that end in {" or ".join(SUFFIXES)} can be used'
        )
    share_cores()
    from .network_file import config_in, is_network_file, packaged_file
    from .torch_network import TorchNetwork

    if model is None:
        if checkpoint is not None:
            raise UserError(f'the checkpoint {checkpoint} needs its config, given before it')
        model = packaged_file()
    with _BUILDING:
        if is_network_file(model) and checkpoint is None:
            model, checkpoint = config_in(model), model
        return TorchNetwork(model, checkpoint, *arguments)
