"""The published sizes, from FACTS of the paper and its repository, independent of the configs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    embed_dims: tuple[int, ...]
    depths: tuple[int, ...]
    drop_path: float
    channels: int
    rank: int
    parameters: int  # of the whole network with 19 classes

    def backbone(self, **overrides) -> dict:
        cfg = dict(
            embed_dims=list(self.embed_dims),
            depths=list(self.depths),
            mlp_ratios=[8, 8, 4, 4],
            drop_path_rate=self.drop_path,
            norm_cfg=dict(type='BN'),
        )
        return {**cfg, **overrides}

    def head(self, **overrides) -> dict:
        cfg = dict(
            in_channels=list(self.embed_dims[1:]),
            in_index=[1, 2, 3],
            channels=self.channels,
            ham_channels=self.channels,
            ham_kwargs=dict(MD_R=self.rank),
            num_classes=19,
            norm_cfg=dict(type='GN', num_groups=32),
        )
        return {**cfg, **overrides}


SIZES = {
    'tiny': Size((32, 64, 160, 256), (3, 3, 5, 2), 0.1, 256, 16, 4_229_747),
    'small': Size((64, 128, 320, 512), (2, 2, 4, 2), 0.1, 256, 16, 13_899_219),
    'base': Size((64, 128, 320, 512), (3, 3, 12, 3), 0.1, 512, 64, 27_569_107),
    'large': Size((64, 128, 320, 512), (3, 5, 27, 3), 0.3, 1024, 64, 48_792_275),
}
