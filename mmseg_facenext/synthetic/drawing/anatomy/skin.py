"""The skin of a face: the relief, the light on it, and its colours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np

from ..painting.canvas import Canvas, Part, Texture
from ..painting.curves import Noise
from ..person import Person
from .head import Head

# x, y, width, height, elevation of the gaussian hills that make a face out of an egg
RELIEF = (
    (0.00, 0.50, 0.13, 0.15, 0.24),
    (0.00, 0.14, 0.09, 0.30, 0.15),
    (0.17, 0.57, 0.07, 0.08, 0.09),
    (0.42, -0.03, 0.22, 0.15, -0.13),
    (0.44, -0.01, 0.15, 0.10, 0.07),
    (0.40, -0.30, 0.28, 0.08, 0.05),
    (0.58, 0.40, 0.24, 0.22, 0.06),
    (0.00, 0.96, 0.28, 0.18, 0.08),
    (0.00, 0.80, 0.05, 0.08, -0.03),
    (0.00, 1.20, 0.22, 0.06, -0.05),
    (0.00, 1.42, 0.18, 0.14, 0.09),
    (0.88, -0.40, 0.12, 0.28, -0.05),
)
# x, y, width, height, strength of where blood shows
BLUSH = (
    (0.55, 0.45, 0.22, 0.20, 0.9),
    (0.00, 0.52, 0.16, 0.12, 0.8),
    (0.44, 0.04, 0.26, 0.14, 0.35),
    (0.00, 0.98, 0.40, 0.20, 0.3),
    (0.00, 1.40, 0.20, 0.15, 0.3),
)
CHEEK_HAIRS = ((0.55, 1.12, 0.2, 0.26, 0.9), (0.8, 0.7, 0.12, 0.38, 0.8))
CHIN_HAIRS = ((0.0, 1.42, 0.36, 0.17, 1.2), (0.34, 1.2, 0.12, 0.18, 0.9))
LIP_HAIRS = ((0.0, 0.8, 0.28, 0.055, 1.2), (0.33, 0.92, 0.08, 0.12, 0.7))
SOUL_PATCH = ((0.0, 1.25, 0.06, 0.05, 1.1),)
SIDE_HAIRS = ((0.86, 0.45, 0.09, 0.3, 0.9),)
# x, y, width, height, density of the gaussian hills where hair grows, mirrored at x = 0
BEARDS = {
    'stubble': (*CHEEK_HAIRS, *CHIN_HAIRS, *LIP_HAIRS, *SOUL_PATCH),
    'full': (*CHEEK_HAIRS, *CHIN_HAIRS, *LIP_HAIRS, *SOUL_PATCH, *SIDE_HAIRS),
    'long': (*CHEEK_HAIRS, *CHIN_HAIRS, *LIP_HAIRS, *SOUL_PATCH, *SIDE_HAIRS),
    'goatee': (*CHIN_HAIRS, *LIP_HAIRS, *SOUL_PATCH),
    'moustache': LIP_HAIRS,
}
STEP = 0.033  # of the grid on which skin is computed, view coordinates
RED_LIGHT = (0.94, 1.02, 1.06)  # exponents: where light is going, red is left


def paint_skin(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    outline = head.silhouette()
    canvas.paint(head.place(outline), _texture(head, person, rng), Part.SKIN)


def _texture(head: Head, person: Person, rng: np.random.Generator) -> Texture:
    start, end = head.silhouette().min(0) - 0.1, head.silhouette().max(0) + 0.1
    x, y = np.meshgrid(*(np.arange(a, b, STEP, dtype=np.float32) for a, b in zip(start, end, strict=True)))
    left, right = head.edges(y[:, 0] / head.length)
    centre = ((left + right) / 2).astype(np.float32)[:, None]
    half = np.maximum((right - left) / 2, 0.02).astype(np.float32)[:, None]
    base = np.sqrt(np.maximum(half**2 - np.float32(0.9) * (x - centre) ** 2, np.float32(0.0025)))
    face_x, face_y = head.unturn(x, y)
    hills = _table(tuple(_scaled(RELIEF, head)))
    # a raised point is seen where it leans to, so look it up again from there
    face_x = face_x - _layer(hills, face_x, face_y) * np.float32(np.sin(head.yaw))
    height = cv2.GaussianBlur(base, (0, 0), 2.0) * np.float32(0.9)
    height += _layer(hills, face_x, face_y)
    normals = _normals(height)
    light = _light(normals, person)
    if person.light[2] < 0.85:
        light *= _cast_shadows(height, STEP, person)
    np.log(light, out=light)
    gloss = _gloss(normals, person) * np.float32(rng.uniform(0.05, 0.32))
    planes = _complexion(person, face_x, face_y, rng)
    for plane, exponent, shine in zip(planes, RED_LIGHT, (1.0, 0.97, 0.92), strict=True):
        plane *= np.exp(light * np.float32(exponent))
        plane += gloss * np.float32(shine)
    rgb = cv2.merge(planes)

    def texture(ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
        vx, vy = head.unplace(ux, uy)
        vx, vy = ((v - np.float32(at)) * np.float32(1 / STEP) for v, at in zip((vx, vy), start, strict=True))
        found = cv2.remap(rgb, vx, vy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return found.transpose(2, 0, 1)

    return texture


def _complexion(person: Person, face_x: np.ndarray, face_y: np.ndarray, rng) -> list[np.ndarray]:
    """Red, green and blue of the skin in even light, before lips, brows and eyes."""
    rosy = _layer(_table(BLUSH), face_x, face_y) * np.float32(rng.uniform(0.4, 1.3))
    blotches = Noise(rng, 16, 2)(face_x * 5, face_y * 5)
    pores = 1 + Noise(rng, 32)(face_x * 22, face_y * 22) * np.float32(rng.uniform(0.0, 0.05))
    spots = None
    if person.freckles:
        spots = np.clip(3 * Noise(rng, 32)(face_x * 20, face_y * 20) - 1.6, 0, 1) * np.float32(
            person.freckles
        )
    cover = None
    if person.beard:
        grain = 0.8 + np.float32(rng.uniform(0.2, 0.9)) * Noise(rng, 32)(face_x * 30, face_y * 22)
        cover = np.clip(_layer(_table(BEARDS[person.beard]), face_x, face_y) * 1.6 - 0.25, 0, 1) * grain
        cover = np.clip(cover, 0, 1) * np.float32(person.beard_weight)
    hair = (person.beard_colour * 0.6 + 0.4 * person.skin * 0.5).astype(np.float32)
    shares = zip((0.01, 0.14, 0.13), (0.02, 0.03, 0.035), (0.14, 0.26, 0.32), strict=True)
    planes = []
    for index, (blood, blotch, freckle) in enumerate(np.array(list(shares), np.float32)):
        plane = pores * np.float32(person.skin[index])
        plane *= 1 - blood * rosy
        plane *= 1 + blotch * blotches
        if spots is not None:
            plane *= 1 - freckle * spots
        if cover is not None:
            plane += (hair[index] - plane) * cover
        planes.append(plane.astype(np.float32, copy=False))
    return planes


@lru_cache(maxsize=32)
def _table(hills: tuple[tuple[float, ...], ...]) -> np.ndarray:
    """Sum of mirrored gaussians, float32 (rows, columns). Separable, so it is one small matrix product."""
    xs, ys = np.arange(-1.2, 1.2, 0.02), np.arange(-2.2, 2.2, 0.02)
    x, y, w, h, strength = (column[:, None] for column in np.array(hills).T)
    across = np.exp(-0.5 * ((np.abs(xs)[None] - x) / w) ** 2)
    down = np.exp(-0.5 * ((ys[None] - y) / h) ** 2) * strength
    return (down.T @ across).astype(np.float32)


def _layer(table: np.ndarray, face_x: np.ndarray, face_y: np.ndarray) -> np.ndarray:
    """Look up a `_table` at face coordinates."""
    x = (face_x + np.float32(1.2)) * np.float32(1 / 0.02)
    y = (face_y + np.float32(2.2)) * np.float32(1 / 0.02)
    return cv2.remap(table, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _scaled(hills, head: Head) -> Iterator[tuple[float, ...]]:
    """The relief with this head's nose and eye distance."""
    for x, y, w, h, z in hills:
        if abs(x) < 0.2 and 0 < y < 0.7:
            yield x * head.nose_width, y * head.nose_length, w * head.nose_width, h, z
        elif 0.4 <= x <= 0.45:
            yield x * head.eye_distance / 0.445, y, w, h, z
        else:
            yield x, y, w, h, z


def _normals(height: np.ndarray) -> tuple[np.ndarray, ...]:
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / (8 * STEP))
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / (8 * STEP))
    length = 1 / np.sqrt(1 + dx * dx + dy * dy)
    return -dx * length, -dy * length, length


def _light(normals: tuple[np.ndarray, ...], person: Person) -> np.ndarray:
    """Light on the skin: the key light and the sky."""
    nx, ny, nz = normals
    lx, ly, lz = person.light.astype(np.float32)
    key = np.maximum((nx * lx + ny * ly + nz * lz + 0.25) / 1.25, 0)
    ambient = np.float32(person.ambient)
    light = ambient * (0.72 + 0.28 * nz - 0.15 * ny) + (1 - ambient) * 1.25 * key
    return np.maximum(light, np.float32(0.02))


def _cast_shadows(height: np.ndarray, step: float, person: Person) -> np.ndarray:
    """Factor of the light where something is between the skin and the light, 1 elsewhere."""
    x, y, z = person.light
    across = np.hypot(x, y) + 1e-6
    rise, blocked = z / across, np.zeros_like(height)
    for distance in (0.08, 0.16, 0.26, 0.38):
        shift = np.array([(1, 0, x / across * distance / step), (0, 1, y / across * distance / step)])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        towards = cv2.warpAffine(
            height, shift, height.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        blocked = np.maximum(blocked, towards - height - np.float32(distance * rise))
    shadow = cv2.GaussianBlur(np.clip(blocked * 14, 0, 1), (0, 0), 1.2)
    return 1 - shadow * np.float32(0.75 * (1 - person.ambient))


def _gloss(normals: tuple[np.ndarray, ...], person: Person) -> np.ndarray:
    nx, ny, nz = normals
    half = person.light + np.array((0, 0, 1))
    hx, hy, hz = (half / np.linalg.norm(half)).astype(np.float32)
    shine = np.maximum(nx * hx + ny * hy + nz * hz, 0) ** 2
    shine *= shine
    shine *= shine  # to the power of 8
    return shine * shine * shine
