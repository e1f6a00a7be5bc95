"""Write pictures of a config's data: photos after the pipeline, coloured by their labels, with a legend.

    facenext browse CONFIG
    facenext browse CONFIG --phase val --mode both --number 5 --output-dir work_dirs/look
    facenext browse CONFIG --sheet --number 24

Look at your data before you train on it. Ids that are no class are reported.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UserError
from ..arguments import add_cfg_options, add_config, at_least_one

if TYPE_CHECKING:
    from PIL import Image

    from ...visualization.browsing import Sample

PHASES = ('train', 'val', 'test')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        '--output-dir', metavar='DIR', help='default: <work_dir of the config>/browse/<phase>'
    )
    parser.add_argument('--phase', choices=PHASES, default='train', help='default %(default)s')
    parser.add_argument(
        '--mode',
        choices=('original', 'transformed', 'both'),
        default='transformed',
        help='as on disk, after the pipeline, or side by side; default %(default)s',
    )
    parser.add_argument(
        '--number', type=at_least_one, default=20, help='of pictures, from the first on; default %(default)s'
    )
    parser.add_argument('--sheet', action='store_true', help='all in one picture, sheet.jpg')
    parser.add_argument(
        '--opacity', type=float, default=0.5, help='of the colours: 0 to 1, default %(default)s'
    )
    parser.add_argument('--show', action='store_true', help="open each picture in this desktop's viewer too")
    parser.add_argument('--not-show', dest='show', action='store_false', help='only write (the default)')
    add_cfg_options(parser, 'train_dataloader.dataset.data_root=data/mine')


def main(args: argparse.Namespace) -> None:
    from rich.progress import track

    from ...config.load import load_config
    from ...inference.results.saving import check_opacity
    from ...visualization.browsing import build_dataset, draw_samples, read_sample, space_of
    from ...visualization.overlay import draw_figure

    check_opacity(args.opacity)
    cfg = load_config(args.config, args.cfg_options)
    folder = Path(args.output_dir or Path(cfg.work_dir, 'browse', args.phase))
    modes = ('original', 'transformed') if args.mode == 'both' else (args.mode,)
    datasets = [build_dataset(cfg, args.phase, mode == 'original') for mode in modes]
    space = space_of(datasets[0])
    number = min(args.number, len(datasets[0]))
    on_sheet: list[Sample] = []
    for index in track(range(number), f'{args.phase}: {number} of {len(datasets[0])} pictures'):
        samples = [read_sample(dataset, index) for dataset in datasets]
        if strange := samples[0].strange_ids(space):
            print(f'{samples[0].name}: ids {strange} are none of the {space.num_classes} classes')
        if args.sheet:
            on_sheet += samples
        elif len(samples) > 1:
            picture = draw_samples(samples, space, len(samples), modes, args.opacity)
            write(picture, folder / f'{index:05d}_{samples[0].name}.jpg', args.show)
        else:
            picture = draw_figure(samples[0].image, samples[0].labels, space, args.opacity)
            write(picture, folder / f'{index:05d}_{samples[0].name}.jpg', args.show)
    if args.sheet:
        columns = math.ceil(math.sqrt(number)) * len(modes)
        write(draw_samples(on_sheet, space, columns, (), args.opacity), folder / 'sheet.jpg', args.show)
    print(f'pictures: {folder / "sheet.jpg" if args.sheet else folder}')


def write(picture: Image.Image, path: Path, show: bool) -> None:
    from PIL import ImageShow

    from ...utils.atomic import atomic_path

    with atomic_path(path) as temporary:
        picture.save(temporary, quality=92)
    if show and not ImageShow.show(picture):
        raise UserError(f'--show: this machine has no viewer for pictures; {path} is written')
