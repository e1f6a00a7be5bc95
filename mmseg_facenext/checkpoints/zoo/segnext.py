"""SegNeXt's weights: of SegNeXt-FaceParser, of OpenMMLab and of the authors of SegNeXt; and MSCAN's for ImageNet."""

from __future__ import annotations

from .entry import Licence, ZooEntry, hash_in_name

_APACHE = 'Apache-2.0'
_DRIVE_FOLDER = 'https://drive.google.com/drive/folders/12jOIkj3lZhn4sJ5rN8Y4TUAxiEX0hr79'
_DRIVE_FILE = 'https://drive.usercontent.google.com/download?id={}&export=download&confirm=t'
_COPY = 'https://huggingface.co/Warlord-K/SegNext-FaceParser/resolve/main/{}'  # of two of them, same SHA-256
_OPENMMLAB = (
    'https://download.openmmlab.com/mmsegmentation/v0.5/',
    'https://mmassets.onedl.ai/mmsegmentation/v0.5/',
)
_OPENMMLAB_PAGE = 'https://github.com/open-mmlab/mmsegmentation/tree/main/configs/segnext'
_AUTHORS = 'https://cloud.tsinghua.edu.cn/f/{}/?dl=1'
_AUTHORS_PAGE = 'https://github.com/Visual-Attention-Network/SegNeXt'
_SPARE_ROWS = 'its classifier has 150 rows for 19 classes: the first 19 are used'


def _face_parser(
    size: str,
    score: float,
    drive: str | None = None,
    sha256: str | None = None,
    copied: int | None = None,
    note: str = '',
) -> ZooEntry:
    name = f'segnext.{size}.512x512.celebamaskhq.160k'
    file = f'segnext.{size}.best_mIoU_iter_140000.pth' if copied else f'{name}.pth'
    addresses = (_DRIVE_FILE.format(drive),) if drive else ()
    return ZooEntry(
        name=name,
        config=name,
        file=file,
        addresses=(*addresses, _COPY.format(file)) if copied else addresses,
        page=f'https://drive.google.com/file/d/{drive}/view' if drive else _DRIVE_FOLDER,
        licence=Licence(_APACHE, 'none stated', 'CelebAMask-HQ: non-commercial research only', True),
        protocol='mIoU of 19 classes, CelebAMask-HQ, photos 28000 to 29999, 512x512',
        score=score,
        bytes=copied,
        sha256=sha256,
        label_space='celebamask_hq',
        aliases=(f'segnext.{size}.celebamaskhq',),
        note=note,
    )


def _mscan(size: str, file: str) -> ZooEntry:
    config = f'mscan.{size}.224x224.imagenet.300e'
    return ZooEntry(
        name=config,
        config=config,
        file=file,
        addresses=tuple(f'{base}pretrain/segnext/{file}' for base in _OPENMMLAB),
        page=_OPENMMLAB_PAGE,
        licence=Licence(_APACHE, _APACHE, 'ImageNet: non-commercial research only', restricted=True),
        protocol='a backbone to start from: not scored',
        sha256=hash_in_name(file),
        aliases=(f'mscan.{size}',),
    )


def _openmmlab_ade(size: str, run: str, score: float) -> ZooEntry:
    folder = f'segnext_mscan-{size[0]}_1x16_512x512_adamw_160k_ade20k'
    file = f'{folder}_{run}.pth'
    name = f'segnext.{size}.512x512.ade.160k'
    return ZooEntry(
        name=name,
        config=name,
        file=file,
        addresses=tuple(f'{base}segnext/{folder}/{file}' for base in _OPENMMLAB),
        page=_OPENMMLAB_PAGE,
        licence=Licence(
            _APACHE, _APACHE, 'ADE20K: non-commercial research and education only', restricted=True
        ),
        protocol='mIoU of 150 classes, ADE20K validation, single scale',
        score=score,
        sha256=hash_in_name(file),
        label_space='ade20k',
        aliases=(f'segnext.{size}.ade',),
    )


def _authors(config: str, link: str, score: float) -> ZooEntry:
    ade = '.ade.' in config
    data = (
        'ADE20K: non-commercial research and education only' if ade else 'Cityscapes: non-commercial use only'
    )
    name = f'{config}.authors' if ade else config  # OpenMMLab published others for ADE20K
    return ZooEntry(
        name=name,
        config=config,
        file=f'{name}.pth',
        addresses=(_AUTHORS.format(link),),
        page=_AUTHORS_PAGE,
        licence=Licence(_APACHE, _APACHE, data, restricted=True),
        protocol=f'mIoU of {"150 classes, ADE20K" if ade else "19 classes, Cityscapes"} validation, single scale',
        score=score,
        label_space='ade20k' if ade else 'cityscapes',
    )


FACE_PARSER = (
    _face_parser(
        'tiny',
        77.86,
        note=f'no address of the file itself is documented, only its folder; {_SPARE_ROWS}',
    ),
    _face_parser(
        'small',
        78.19,
        '1FJDN1edNpUyx8Bv5Eo7JutAvbL9zFfn4',
        '0f87738b6b6f5dca82cc63298d3d625f81915a9c1ed3d0a359b8866b2b76b321',
        copied=167259923,
    ),
    _face_parser(
        'base',
        78.97,
        '1YL4VuCBhhl-sjI3oPZOJhxTf9rIJRxD5',
        '996e6339a28f5ef1a4c1b5ce324c0c8203c71ee6abb259b0a255d387af504cee',
        copied=332555505,
        note=_SPARE_ROWS,
    ),
    _face_parser(
        'large',
        79.34,
        '1cYbwLSJDX0nnooR9JPQkA5qYHH3b9d3B',
        'b15d77541e101bf6b117e3b00139f9f14d86017ac7564e3bb81d1a3f5703ead1',
        note=_SPARE_ROWS,
    ),
)

MSCAN = (
    _mscan('tiny', 'mscan_t_20230227-119e8c9f.pth'),
    _mscan('small', 'mscan_s_20230227-f33ccdf2.pth'),
    _mscan('base', 'mscan_b_20230227-3ab7d230.pth'),
    _mscan('large', 'mscan_l_20230227-cef260d4.pth'),
)

SCENES = (
    _openmmlab_ade('tiny', '20230210_140244-05bd8466', 41.50),
    _openmmlab_ade('small', '20230214_113014-43013668', 44.16),
    _openmmlab_ade('base', '20230209_172053-b6f6c70c', 48.03),
    _openmmlab_ade('large', '20230209_172055-19b14b63', 50.99),
    _authors('segnext.tiny.512x512.ade.160k', '5da98841b8384ba0988a', 41.1),
    _authors('segnext.small.512x512.ade.160k', 'b2d1eb94f5944d60b3d2', 44.3),
    _authors('segnext.base.512x512.ade.160k', '1ea8000916284493810b', 48.5),
    _authors('segnext.large.512x512.ade.160k', 'd4f8e1020643414fbf7f', 51.0),
    _authors('segnext.tiny.1024x1024.city.160k', 'b1613af9955849bba910', 79.8),
    _authors('segnext.small.1024x1024.city.160k', '14148cf5371a4f248db1', 81.3),
    _authors('segnext.base.1024x1024.city.160k', 'adb49029f66f426bb046', 82.6),
    _authors('segnext.large.1024x1024.city.160k', 'b5308d092b034f81aac0', 83.2),
)
