"""Warp photos by the tanh grid of RoI-tanh warping: an upright, large face in the middle, the rest compressed.

Reference: Lin et al., "RoI Tanh-polar Transformer Network for Face Parsing in the Wild", 2021, in the rectangular
form of FaRL (Zheng et al., "General Facial Representation Learning in a Visual-Linguistic Manner", 2022;
FacePerceiver/facer), which SegFace uses on LaPa.

Shapes: B batch; photo H x W, face h x w pixels. Points are (x, y) in pixels. The centre of the top left pixel is
(0, 0) in `landmarks` and `pixel_centre` inside.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Where the five landmarks lie in an aligned face, from -1 (left, top) to 1 (right, bottom): FaRL's template.
TEMPLATE = (
    (-0.234375, -0.1171875),
    (0.234375, -0.1171875),
    (0.0, 0.1171875),
    (-0.140625, 0.4078125),
    (0.140625, 0.4078125),
)
LARGEST_TANH = 0.999  # arctanh has no value at 1


class TanhWarp:
    """The warp from photos to aligned faces and back, for a batch with its landmarks.

    A similarity (turn, scale, shift) brings the landmarks as close as possible to the template. Of the
    aligned picture, with coordinates -1 to 1, the middle |c| <= 1 - f stays as it is, and what lies outside is
    squeezed: |c| becomes 1 - f + f tanh((|c| - 1 + f) / f), below 1 however far away.

    Args:
        landmarks: float (B, 5, 2), see `TEMPLATE`: eye at the image's left, eye at its right, nose, corner of the
            mouth at the image's left, at its right.
        photo_size: (H, W) of the photos that the landmarks belong to.
        face_size: (h, w) of the aligned faces.
        warp_factor: f, from 0 (no squeezing: a crop) to 1.
        pixel_centre: 0.5 is exact. 0 is what FaRL and SegFace do: faces and maps then come out half a pixel
            to the right and below, which their published weights have learned to expect.
    """

    def __init__(
        self,
        landmarks: Tensor,
        photo_size: tuple[int, int],
        face_size: tuple[int, int],
        warp_factor: float = 0.8,
        pixel_centre: float = 0.5,
    ):
        self.photo_size = photo_size
        self.face_size = face_size
        self.warp_factor = warp_factor
        self.pixel_centre = pixel_centre
        template = (landmarks.new_tensor(TEMPLATE) + 1) / 2 * (self._extent(face_size, landmarks) - 1)
        self.matrix, self.shift = similarity(landmarks + pixel_centre, template[None] + pixel_centre)

    def to_face(self, photos: Tensor) -> Tensor:
        """(B, C, H, W) -> float32 (B, C, h, w); black where the face reaches out of the photo."""
        points = self._unsqueezed(self._pixels(self.face_size))
        # The inverse of a similarity: its transpose, divided by the square of its scale.
        scale = self.matrix.square().sum((1, 2)) / 2
        inverse = self.matrix.mT / scale[:, None, None]
        aligned = (points[None] - self.shift[:, None]) @ inverse.mT
        return self._sampled(photos, aligned, self.photo_size, self.face_size)

    def to_photo(self, maps: Tensor) -> Tensor:
        """Maps of aligned faces (B, C, any height, any width) -> float32 (B, C, H, W)."""
        points = self._pixels(self.photo_size) @ self.matrix.mT + self.shift[:, None]
        return self._sampled(maps, self._squeezed(points), self.face_size, self.photo_size)

    def _pixels(self, size: tuple[int, int]) -> Tensor:
        """Return every pixel's point, row by row: (height * width, 2)."""
        rows, columns = (torch.arange(n, device=self.matrix.device) + self.pixel_centre for n in size)
        return torch.stack(
            [columns.expand(len(rows), -1), rows[:, None].expand(-1, len(columns))], -1
        ).flatten(0, 1)

    def _squeezed(self, points: Tensor) -> Tensor:
        return self._bent(points, torch.tanh)

    def _unsqueezed(self, points: Tensor) -> Tensor:
        return self._bent(points, lambda beyond: beyond.clamp(max=LARGEST_TANH).arctanh())

    def _bent(self, points: Tensor, function) -> Tensor:
        """`points` of the aligned picture with `function` applied to what lies beyond the unsqueezed middle."""
        if self.warp_factor == 0:
            return points
        extent = self._extent(self.face_size, points)
        coordinates = points / extent * 2 - 1
        distance, middle = coordinates.abs(), 1 - self.warp_factor
        bent = middle + self.warp_factor * function((distance - middle).clamp(min=0) / self.warp_factor)
        outside = torch.copysign(bent, coordinates)
        return (torch.where(distance > middle, outside, coordinates) + 1) / 2 * extent

    @staticmethod
    def _extent(size: tuple[int, int], like: Tensor) -> Tensor:
        height, width = size
        return like.new_tensor([width, height])

    def _sampled(
        self, maps: Tensor, points: Tensor, from_size: tuple[int, int], to_size: tuple[int, int]
    ) -> Tensor:
        """`maps` at `points` (B, height * width, 2), bilinear; `points` count pixels of `from_size`."""
        grid = (points / self._extent(from_size, points) * 2 - 1).unflatten(1, to_size)
        return F.grid_sample(maps.float(), grid, mode='bilinear', padding_mode='zeros', align_corners=False)


def similarity(sources: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the similarity transform from `sources` to `targets` with the least squared error.

    Args:
        sources: (B, points, 2), not all in one place.
        targets: (B or 1, points, 2).

    Returns:
        (B, 2, 2) and (B, 2): `point @ matrix.mT + shift` is where a point goes.
    """
    source_middle, target_middle = sources.mean(1), targets.mean(1)
    (x, y), (u, v) = (
        (sources - source_middle[:, None]).unbind(-1),
        (targets - target_middle[:, None]).unbind(-1),
    )
    spread = (x * x + y * y).sum(1)
    cosine, sine = (x * u + y * v).sum(1) / spread, (x * v - y * u).sum(1) / spread
    matrix = torch.stack([cosine, -sine, sine, cosine], -1).unflatten(-1, (2, 2))
    return matrix, target_middle - (matrix @ source_middle[..., None])[..., 0]
