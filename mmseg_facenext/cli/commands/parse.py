"""Find the faces in photos and colour their parts: for each photo a picture, and the label map.

    facenext parse me.jpg                         # by the weights that come with the package
    facenext parse me.jpg CONFIG CHECKPOINT
    facenext parse holidays/ --out-dir work_dirs/holidays --sheet holidays.jpg
    facenext parse me.jpg segface.mobilenet_v3_large.512.celebamaskhq
    facenext parse me.jpg face.onnx               # or mine.safetensors, published with its config
    facenext parse data/LaPa/test/images LAPA_CONFIG CHECKPOINT --landmarks data/LaPa/test/landmarks

Faces are found anywhere in a photo, at any angle; aligned portraits are parsed whole. The label map is a grey PNG
beside the picture (`<picture>_labels.png`) with the ids of the data set. A folder is searched with its subfolders, what
is done is not done again, and a file that cannot be read is named at the end.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...config.find import SUFFIXES, config_names, find_config
from ...errors import UserError
from ..arguments import add_cfg_options, add_no_fuse, add_trust_checkpoint, at_least_one
from ..run import import_training_stack

if TYPE_CHECKING:
    from ...inference import FaceParser, FaceParsing

LESS_MEMORY = 'take smaller photos, a smaller --batch-size, or --device cpu'
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
    parser.add_argument('--out-file', help='picture to write of a single photo, e.g. me_faces.png')
    parser.add_argument(
        '--out-dir',
        help='folder for <photo>_faces.jpg, with the subfolders of FOLDER; default: the current one, '
        'FOLDER_faces for the photos of FOLDER',
    )
    parser.add_argument(
        '--no-detect',
        dest='detect',
        action='store_false',
        help='look for no faces, show each whole photo to the network as one',
    )
    parser.add_argument(
        '--smallest-face',
        type=at_least_one,
        metavar='PIXELS',
        help='height of the smallest faces to find; default: 40, or a sixtieth of a photo larger than 2400 pixels',
    )
    parser.add_argument(
        '--legend', action='store_true', help='names and shares of the parts beside the photo'
    )
    parser.add_argument(
        '--json', action='store_true', help="write <photo>_faces.json, polygons in COCO's format"
    )
    parser.add_argument(
        '--crops', action='store_true', help='write each face upright too, <photo>_faces_1.jpg and its labels'
    )
    parser.add_argument(
        '--sheet', metavar='FILE', help='write small copies of all pictures on one, e.g. all.jpg'
    )
    parser.add_argument(
        '--again', action='store_true', help='parse photos of folders whose results are there already'
    )
    parser.add_argument(
        '--batch-size', type=at_least_one, metavar='N', help='faces at once; default 8, on a CPU 2'
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
    check_model(parser, args, 'IMAGE')


def check_model(parser: argparse.ArgumentParser, args: argparse.Namespace, before: str) -> None:
    """Make two words of published weights, their config and their name; report a model that is none.

    Args:
        before: what comes before it in the command line.
    """
    if len(args.model) == 1 and not is_whole(args.model[0]) and names_weights(args.model[0]):
        from ...checkpoints.zoo import get_entry

        entry = get_entry(args.model[0])
        args.model = [entry.config, entry.name]
    if (
        not getattr(args, 'images', True)
        or len(args.model) > 2
        or (len(args.model) == 1 and not is_whole(args.model[0]))
    ):
        parser.error(
            f'expected {before}, {before} CONFIG CHECKPOINT, {before} WEIGHTS_NAME, or {before} MODEL.onnx, got '
            f'{" ".join(getattr(args, "words", args.model))}'
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
    from ...utils.picture_files import PICTURE_SUFFIXES

    return word.endswith('/') or Path(word).is_dir() or Path(word).suffix.lower() in PICTURE_SUFFIXES


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

    from rich.progress import Progress

    from ...inference.photos import choose_targets, is_done, photo_files
    from ...inference.results.saving import check_opacity

    check_opacity(args.opacity)
    files = [
        each for each in photo_files(args.images) if not (each.folder and is_sheet(each.path, args.sheet))
    ]
    targets = choose_targets(files, args.out_file, args.out_dir)
    done = [each for each in files if each.folder and is_done(targets[each.path]) and not args.again]
    photos = [each.path for each in files if each not in done]
    landmarks = None
    if args.landmarks:
        from ...datasets.landmarks import read_landmarks

        landmarks = read_landmarks(args.landmarks, photos)
    broken: list[UserError] = []
    if photos:
        parser = load_parser(args)
        results = parser.parse_many(
            photos, args.batch_size, broken.append, landmarks=landmarks, detect=args.detect
        )
        with Progress(disable=len(photos) == 1) as progress:
            bar = progress.add_task('parsing faces', total=len(photos))
            for number, result in enumerate(results, start=1):
                write(result, targets[Path(result.path or '')], args)
                progress.update(bar, completed=number + len(broken))
            progress.update(bar, completed=len(photos))
    if args.sheet:
        write_sheets(list(targets.values()), Path(args.sheet))
    if done:
        print(f'{len(done)} of {len(files)} photos were done before; --again parses them too')
    if broken:
        more = f'; {len(broken)} of {len(files)} photos could not be read' if len(files) > 1 else ''
        raise UserError('; '.join(map(str, broken[:3])) + more)


def write(result: FaceParsing, target: Path, args: argparse.Namespace) -> None:
    """Write what was asked for of one photo, and say so in one line."""
    picture, _ = result.save_as(target, args.opacity, args.legend)
    if args.json:
        from ...utils.atomic import atomic_path

        with atomic_path(target.with_suffix('.json')) as temporary:
            temporary.write_text(json.dumps(result.to_coco()))
    if args.crops:
        for face in result.faces or ():
            result.crop(face).save_as(
                target.with_name(f'{target.stem}_{face.number}{target.suffix}'), args.opacity
            )
    hint = '; --no-detect parses the whole photo as one face' if result.faces == () else ''
    print(f'{result.path}: {result.describe()}{hint} -> {picture}')


def is_sheet(photo: Path, target: str | None) -> bool:
    """Tell whether `write_sheets` wrote it, in an earlier run."""
    if target is None or photo.parent.resolve() != Path(target).parent.resolve():
        return False
    stem, suffix = re.escape(Path(target).stem), re.escape(Path(target).suffix)
    return re.fullmatch(rf'{stem}(_\d+)?{suffix}', photo.name) is not None


def write_sheets(pictures: list[Path], target: Path) -> None:
    """Write small copies of all pictures on sheets: `target`, and `<target>_2`, ... where they do not fit on one."""
    from ...inference.results.saving import save_picture
    from ...visualization.contact_sheet import contact_sheets

    for number, sheet in enumerate(contact_sheets([each for each in pictures if each.exists()]), start=1):
        file = target if number == 1 else target.with_stem(f'{target.stem}_{number}')
        save_picture(sheet, file)
        print(f'contact sheet {file}')


def load_parser(args: argparse.Namespace) -> FaceParser:
    """Return the parser by the model that was named."""
    from ...inference import FaceParser
    from ...inference.detection import CenterFace

    detector = CenterFace(args.smallest_face) if args.smallest_face and args.detect else None
    if len(args.model) < 2:
        return FaceParser(
            args.model[0] if args.model else None,
            device=args.device,
            fuse=args.fuse,
            trust=args.trust_checkpoint,
            detector=detector,
        )

    from ...config.load import load_config

    config, checkpoint = args.model
    cfg = load_config(config, args.cfg_options, purpose='model')
    return FaceParser(cfg, checkpoint, args.device, args.fuse, args.trust_checkpoint, detector=detector)
