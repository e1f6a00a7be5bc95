"""Parameters and multiply-accumulates (MACs) of every SegNeXt: published, of upstream's code, of this code.

    python benchmarks/model_sizes.py      # writes docs/model_sizes.md; some minutes on two CPU cores

Every map of the network has a fixed share of the image's pixels, and what does not depend on them (the Gram matrix
of the bases) is constant. So MACs are a straight line over the number of pixels, and two small images give those
of all sizes, exactly.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import mmseg_facenext.register  # noqa: F401  isort: skip  -- before mmseg, whose remarks it silences

from mmengine.config import Config
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from torch import nn

from mmseg_facenext.analysis.flops import measure_cost
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.utils.atomic import atomic_path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / 'docs' / 'model_sizes.md'
CONFIG = 'local_configs/segnext/{size}/segnext.{size}.512x512.celebamaskhq.160k.py'
# (classes, height, width) of the rows: CelebAMask-HQ, ADE20K, Cityscapes.
INPUTS = ((19, 512, 512), (150, 512, 512), (19, 1024, 2048))
# SegNeXt's paper: millions of parameters, G MACs at 512x512 and at 2048x1024.
PUBLISHED = {'tiny': (4, 7, 56), 'small': (14, 16, 125), 'base': (28, 35, 276), 'large': (49, 70, 578)}
PROBES = (64, 128)

HEADER = f"""# Sizes of SegNeXt

Written by `benchmarks/model_sizes.py` (torchprofile {version('torchprofile')}, one image). "Published" are the
figures of the SegNeXt paper. "Upstream" is mmsegmentation's implementation, which computes what the paper writes;
"here" is this package's, which gets the same result from fewer MACs in the head.

| SegNeXt | classes | image (HxW) | parameters, published | parameters | G MACs, published | upstream | here |
|---|---|---|---|---|---|---|---|
"""
FOOTER = """
\\* Not reproduced: neither implementation comes within 1 G of the published figure.
"""


@dataclass(frozen=True)
class Line:
    """MACs = `per_pixel` * pixels + `fixed`."""

    parameters: int
    per_pixel: Fraction
    fixed: Fraction

    @classmethod
    def of(cls, model: nn.Module) -> Line:
        small, large = (measure_cost(model, side, side) for side in PROBES)
        per_pixel = Fraction(large.macs - small.macs, PROBES[1] ** 2 - PROBES[0] ** 2)
        return cls(small.parameters, per_pixel, small.macs - per_pixel * PROBES[0] ** 2)

    def giga_macs(self, height: int, width: int) -> float:
        return float(self.per_pixel * height * width + self.fixed) / 1e9


def upstream(cfg: Config) -> nn.Module:
    """Return the model of the config from mmsegmentation's own classes."""
    parts = ((UpstreamMSCAN, cfg.model.backbone), (UpstreamLightHamHead, cfg.model.decode_head))
    without = ('type', 'init_cfg')
    return nn.Sequential(*(cls(**{k: v for k, v in part.items() if k not in without}) for cls, part in parts))


def rows(size: str) -> Iterator[str]:
    """Yield the lines of the table for one size."""
    millions, *published = PUBLISHED[size]
    lines = {}
    for classes, height, width in INPUTS:
        if classes not in lines:
            cfg = load_config(ROOT / CONFIG.format(size=size), {'model.decode_head.num_classes': classes})
            lines[classes] = Line.of(upstream(cfg)), Line.of(build_segmentor(cfg))
        theirs, ours = (line.giga_macs(height, width) for line in lines[classes])
        claim = published[height > 512]
        mark = '' if abs(theirs - claim) < 1 else '\\*'
        yield (
            f'| {size} | {classes} | {height}x{width} | {millions} M | {lines[classes][1].parameters:,} '
            f'| {claim}{mark} | {theirs:.2f} | {ours:.2f} |'
        )


def text(table: Iterable[str]) -> str:
    return HEADER + '\n'.join(table) + '\n' + FOOTER


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=TABLE, help='default docs/model_sizes.md')
    out = parser.parse_args(argv).out
    with atomic_path(out) as temporary:
        temporary.write_text(text(row for size in PUBLISHED for row in rows(size)))
    print(f'wrote {out}')


if __name__ == '__main__':
    run_tool(main)
