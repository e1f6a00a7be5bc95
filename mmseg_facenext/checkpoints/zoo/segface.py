"""SegFace (AAAI 2025): the checkpoints on Hugging Face, all of them called `model_299.pt`.

Sizes and hashes as documented there; scores as in the paper (mean F1 over the classes but the background, pooled over
the test set, at the network's resolution).
"""

from __future__ import annotations

from .entry import Licence, ZooEntry

_REPOSITORY = 'https://huggingface.co/kartiknarayan/SegFace'
_FILE = 'model_299.pt'
_DATA = {
    'celebamaskhq': ('CelebAMask-HQ', 'celebamask_hq_segface', 18, 'official split, 2,824 photos'),
    'lapa': ('LaPa', 'lapa', 10, 'test set, 2,000 photos'),
    'helen': ('Helen', 'helen', 10, 'test set, 100 photos'),
}
_NO_HOOKS = (
    'its feature hooks were never saved: the published code cannot restore what its score was measured with'
)


def _entry(
    config: str,
    folder: str,
    sha256: str | None = None,
    size: int | None = None,
    score: float | None = None,
    note: str = '',
) -> ZooEntry:
    data_set, label_space, classes, photos = _DATA[config.rpartition('.')[2]]
    return ZooEntry(
        name=config,
        config=config,
        file=_FILE,
        addresses=(f'{_REPOSITORY}/resolve/main/{folder}/{_FILE}',),
        page=f'{_REPOSITORY}/tree/main/{folder}',
        licence=Licence('MIT', 'MIT', f'{data_set}: non-commercial research only', restricted=True),
        protocol=f"mean F1 of {classes} classes, {data_set}, {photos}, labels at the network's resolution",
        score=score,
        bytes=size,
        sha256=sha256,
        label_space=label_space,
        aliases=(f'segface.{folder}',),
        note=note,
    )


SEGFACE = (
    _entry(
        'segface.convnext_base.512.celebamaskhq',
        'convnext_celeba_512',
        '3cd535bfcfab4e5c67b7df7015370c2b18cb9a4044ecb00c7c1fa8555558c507',
        1102518358,
        89.22,
    ),
    _entry(
        'segface.efficientnet_v2_m.512.celebamaskhq',
        'efficientnet_celeba_512',
        'f0e55c9bb276bafd20cd6d84e3d584ed5be88e759355aafebf2200664834c640',
        686723577,
        88.94,
    ),
    _entry(
        'segface.mobilenet_v3_large.512.celebamaskhq',
        'mobilenet_celeba_512',
        '4d67ea7d8c33849272b293b421fa3d20d54d9987f1bca8c1ef0eebe4534993e8',
        84928824,
        87.91,
    ),
    _entry(
        'segface.resnet101.512.celebamaskhq',
        'resnet_celeba_512',
        '32f94f7bf7f9bf002481ff73d75fe63903b8da777d4bd45e37e52cb95ff71945',
        568127582,
        87.50,
        _NO_HOOKS,
    ),
    _entry(
        'segface.swin_b.224.celebamaskhq',
        'swinb_celeba_224',
        '911767d7e2b0d7df4f3fa903610105fe79a82ba3aca9bf99fe264ecd7c3b3cc7',
    ),
    _entry(
        'segface.swin_b.256.celebamaskhq',
        'swinb_celeba_256',
        '078ac81443fe3eb2aef8aea7aed78ea2f247323e8a7c10d00fe8f7000283ad16',
    ),
    _entry('segface.swin_b.448.celebamaskhq', 'swinb_celeba_448'),
    _entry('segface.swin_b.512.celebamaskhq', 'swinb_celeba_512', score=88.96),
    _entry('segface.swin_v2_b.512.celebamaskhq', 'swinv2b_celeba_512', score=88.73),
    _entry(
        'segface.swin_b.224.lapa',
        'swinb_lapa_224',
        'b9fb677ad3d7438d66a4c5811762b66838ccab5d468f3993a64ffd2c2fc5e0f6',
    ),
    _entry(
        'segface.swin_b.256.lapa',
        'swinb_lapa_256',
        'a2b6b2f221378c7a28d4612aede696f18996834d1fa0dda45946eb8d02727acc',
    ),
    _entry('segface.swin_b.448.lapa', 'swinb_lapa_448'),
    _entry(
        'segface.swin_b.512.lapa',
        'swinb_lapa_512',
        'f9d194f628a7759ead57943412968f7cb9db85f5449d495d0e3a412a9b16a4c3',
        score=93.03,
    ),
    _entry('segface.swin_b.512.helen', 'swinb_helen_512'),
)
