"""Colour the parts of faces in photos: for each one a picture with a legend, and the label map.

    facenext parse me.jpg                         # by the weights that come with the package
    facenext parse me.jpg CONFIG CHECKPOINT
    facenext parse holidays/ CONFIG CHECKPOINT --out-dir work_dirs/holidays
    facenext parse me.jpg segface.mobilenet_v3_large.512.celebamaskhq
    facenext parse me.jpg face.onnx               # or mine.safetensors, published with its config
    facenext parse data/LaPa/test/images LAPA_CONFIG CHECKPOINT --landmarks data/LaPa/test/landmarks

The label map is a grey PNG beside the picture (`<picture>_labels.png`) with the ids of the data set.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...config.find import SUFFIXES, config_names, find_config
from ...errors import UserError
from ..arguments import add_cfg_options, add_no_fuse, add_trust_checkpoint
from ..run import import_training_stack

if TYPE_CHECKING:
    from ...inference import FaceParser, FaceParsing

LESS_MEMORY = 'take smaller photos, or --device cpu'
INTERMIXED = True  # options may stand between photos and model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'words',
        nargs='+',
        metavar='IMAGE ... [MODEL]',
        help='photos, or folders of photos, without <photo>_label.png or _mask.png beside <photo>; then CONFIG '
        'CHECKPOINT, a name of published weights (`facenext weights list`), or one file that `facenext export` or '
        '`facenext publish --config` wrote; default: the weights that come with the package',
    )
    parser.add_argument('--out-file', help='picture to write for a single photo, e.g. me_faces.png')
    parser.add_argument(
        '--out-dir', default='.', help='folder for <photo>_faces.png; default: the current one'
    )
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colours: 0 to 1, default %(default)s'
    )
    parser.add_argument(
        '--landmarks',
        metavar='PATH',
        help="for models that align faces: a file of ten numbers (docs/segface.md), one of LaPa's, a folder of "
        "<photo>.txt, or Helen's table",
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1, ...; default: the GPU if there is one')
    add_no_fuse(parser)
    add_trust_checkpoint(parser)
    add_cfg_options(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    words = args.words
    args.images, args.model = split_words(words)
    if len(args.model) == 1 and not is_whole(args.model[0]) and names_weights(args.model[0]):
        from ...checkpoints.zoo import get_entry

        entry = get_entry(args.model[0])
        args.model = [entry.config, entry.name]
    if not args.images or (len(args.model) == 1 and not is_whole(args.model[0])):
        parser.error(
            'expected IMAGE, IMAGE CONFIG CHECKPOINT, IMAGE WEIGHTS_NAME, or IMAGE MODEL.onnx, got '
            f'{" ".join(words)}'
        )
    if len(args.model) == 1 and is_exported_file(args.model[0]) and (not args.fuse or args.trust_checkpoint):
        parser.error('--no-fuse and --trust-checkpoint are for a config and its checkpoint')
    if len(args.model) < 2 and args.cfg_options:
        parser.error('--cfg-options are for a config and its checkpoint')


def split_words(words: list[str]) -> tuple[list[str], list[str]]:
    """Photos, and what comes after them: nothing, one word that is a whole model, or config and checkpoint."""
    config_before = words[-2:-1] and (Path(words[-2]).suffix in SUFFIXES or words[-2] in config_names())
    last = words[-1]
    if is_exported_file(last) or (not config_before and (is_whole(last) or names_weights(last))):
        own = 1
    else:
        own = 0 if is_photo(last) else 2
    return words[: len(words) - own], words[len(words) - own :]


def is_exported_file(word: str) -> bool:
    """Return a file for ONNX Runtime or OpenVINO."""
    from ...runtimes import is_exported

    return is_exported(word)


def is_whole(word: str) -> bool:
    """Return a file that needs no config beside it."""
    return is_exported_file(word) or word.endswith('.safetensors')


def is_photo(word: str) -> bool:
    """Return a photo or a folder, by its name; checkpoints are neither."""
    from ...inference.photos import PHOTO_SUFFIXES

    return Path(word).is_dir() or Path(word).suffix.lower() in PHOTO_SUFFIXES


def names_weights(word: str) -> bool:
    """Tell whether it is a name of published weights, or a misspelt one."""
    from ...utils.training_stack import TRAINING_STACK

    if not TRAINING_STACK or Path(word).exists():
        return False
    from ...checkpoints.zoo import find_weights, nearest_names

    return find_weights(word) is not None or bool(nearest_names(word, similarity=0.8))


def main(args: argparse.Namespace) -> None:
    if len(args.model) == 2:
        find_config(args.model[0])  # a misspelt name is said at once, not after seconds of imports
    if not (args.model and is_exported_file(args.model[0])):  # exported models need neither PyTorch nor mmseg
        import_training_stack()

    from rich.progress import track

    from ...inference.face_parsing import check_opacity
    from ...inference.photos import find_photos

    check_opacity(args.opacity)
    photos = find_photos(args.images)
    targets = choose_targets(photos, args.out_file, args.out_dir)
    landmarks = None
    if args.landmarks:
        from ...datasets.landmarks import read_landmarks

        landmarks = read_landmarks(args.landmarks, photos)
    parser = load_parser(args)
    broken: list[UserError] = []
    results = parser.parse_many(photos, on_bad_photo=broken.append, landmarks=landmarks)
    for result in track(results, 'parsing faces', total=len(photos), disable=len(photos) == 1):
        picture, labels = result.save_as(targets[result.path], args.opacity)
        print(f'{result.path}: {describe(result)}\n  picture {picture}\n  labels  {labels}')
    if broken:
        more = f'; {len(broken)} of {len(photos)} photos could not be read' if len(photos) > 1 else ''
        raise UserError('; '.join(map(str, broken[:3])) + more)


def load_parser(args: argparse.Namespace) -> FaceParser:
    """Return the parser by the model that was named."""
    from ...inference import FaceParser

    if len(args.model) < 2:
        model = args.model[0] if args.model else None
        return FaceParser(model, device=args.device, fuse=args.fuse, trust=args.trust_checkpoint)

    from ...config.load import load_config

    config, checkpoint = args.model
    cfg = load_config(config, args.cfg_options, purpose='model')
    return FaceParser(cfg, checkpoint, args.device, args.fuse, args.trust_checkpoint)


def choose_targets(photos: Sequence[Path], out_file: str | None, out_dir: str) -> dict[Path | None, Path]:
    """Photo to the picture to write of it.

    Raises:
        UserError: a picture or its label map would overwrite a photo or another picture, or cannot be written.
    """
    if out_file and len(photos) > 1:
        raise UserError(f'--out-file names one picture, but there are {len(photos)} photos; use --out-dir')
    from ...inference.face_parsing import check_picture, labels_path

    targets = [Path(out_file)] if out_file else [Path(out_dir, f'{photo.stem}_faces.png') for photo in photos]
    originals = {photo.resolve() for photo in photos}
    for target, times in Counter(targets).items():
        if times > 1:
            raise UserError(f'{times} photos have the same name: their pictures would all be {target}')
        for file in (target, labels_path(target)):
            if check_picture(file).resolve() in originals:
                raise UserError(
                    f'{file} would overwrite the photo of that name; choose another --out-file or --out-dir'
                )
    return dict(zip(photos, targets, strict=True))


def describe(result: FaceParsing) -> str:
    """Return the classes found and their shares, the largest first."""
    from ...visualization.overlay import format_share

    space, shares = result.label_space, sorted(result.fractions.items(), key=lambda item: -item[1])
    return ', '.join(f'{space.titles[space.index(name)]} {format_share(share)}' for name, share in shares)
