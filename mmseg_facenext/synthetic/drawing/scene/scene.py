"""A whole picture, painted back to front."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..anatomy.beard import paint_beard
from ..anatomy.body import Body, paint_neck
from ..anatomy.ears import ear_visible, paint_ear
from ..anatomy.eyes import paint_brows, paint_eyes
from ..anatomy.hair import Hair
from ..anatomy.head import Head
from ..anatomy.mouth import paint_mouth
from ..anatomy.nose import paint_nose, paint_wrinkles
from ..anatomy.outlines import Outlines
from ..anatomy.skin import paint_skin
from ..painting.canvas import Canvas
from ..person import PLAIN, Person, plainer, sample_person
from ..wear.clothes import paint_clothes
from ..wear.glasses import Glasses
from ..wear.hats import Hat
from ..wear.jewellery import paint_earrings, paint_necklace
from .backdrop import paint_backdrop, paint_plain_backdrop
from .occluders import paint_occluder
from .photo import develop
from .photographs import Photographs

WIDE, COMPANY = 0.66, 0.4  # of the pictures whose faces are smaller than WIDE, COMPANY show two people
OCCLUDED = 0.09  # of the people are partly behind something
GROUPS = (*PLAIN, 'backdrops', 'company', 'occluders')
"""What `draw_face` can leave out."""


def draw_face(
    rng: np.random.Generator,
    size: int = 512,
    photographs: Photographs | None = None,
    without: Collection[str] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one random portrait, in some wide pictures with a second person beside, who is labelled as well.

    The scene depends on the generator only, not on the size: the same seed gives the same person at
    every size.

    Args:
        photographs: backgrounds of some of the pictures; without them all are drawn.
        without: which of `GROUPS` to leave out; the backdrop is one colour then.

    Returns:
        image (size, size, 3) uint8 RGB, and labels (size, size) uint8 in CelebAMask-HQ's ids, where
        left and right are the subject's.
    """
    image, labels, _ = _draw(rng, size, photographs, without)
    return image, labels


def draw_portrait(
    rng: np.random.Generator, size: int = 512, photographs: Photographs | None = None
) -> tuple[np.ndarray, np.ndarray, Outlines]:
    """`draw_face` of one person, and where the parts of the face are (also where something covers them)."""
    return _draw(rng, size, photographs, ('company',))


def _draw(
    rng: np.random.Generator, size: int, photographs: Photographs | None, without: Collection[str]
) -> tuple[np.ndarray, np.ndarray, Outlines]:
    canvas = Canvas(size)
    person = plainer(sample_person(rng), without)
    if 'backdrops' in without:
        paint_plain_backdrop(canvas, rng)
    else:
        paint_backdrop(canvas, person, rng, photographs)
    if person.framing.zoom < WIDE and rng.random() < COMPANY and 'company' not in without:
        one, other = person.framing.beside(rng)
        person = replace(person, framing=one)
        friend = replace(sample_person(rng), framing=other, light=person.light, ambient=person.ambient)
        _paint_person(canvas, plainer(friend, set(without) - {'framing'}), rng, without)
    outlines = _paint_person(canvas, person, rng, without)
    return develop(canvas.planes, rng), canvas.labels, outlines


def _paint_person(
    canvas: Canvas, person: Person, rng: np.random.Generator, without: Collection[str]
) -> Outlines:
    head = Head(person, rng)
    body = Body(head, person, rng)
    hair = Hair(head, person, rng)
    hat = Hat(head, person, rng) if person.hat else None
    glasses = Glasses(head, person, rng) if person.glasses else None
    if hat:
        hat.paint_back(canvas)
    hair.paint_back(canvas)
    paint_neck(canvas, head, body, person, rng)
    paint_clothes(canvas, body, person, rng)
    if person.necklace:
        paint_necklace(canvas, body, rng)
    for side in (-1, 1):
        if ear_visible(head, side):
            paint_ear(canvas, head, person, side, rng)
    paint_skin(canvas, head, person, rng)
    paint_wrinkles(canvas, head, person, rng)
    bridge, nose = paint_nose(canvas, head, person, rng)
    if person.beard:
        paint_beard(canvas, head, person, rng)
    mouth = paint_mouth(canvas, head, person, rng)
    eyes = paint_eyes(canvas, head, person, rng)
    brows = paint_brows(canvas, head, person, rng)
    if glasses:
        glasses.paint_temples(canvas)
    hair.paint_front(canvas)
    if glasses:
        glasses.paint_lenses(canvas, rng)
    if person.earrings:
        paint_earrings(canvas, head, hair.covers_ear, rng)
    if hat:
        hat.paint(canvas)
    if rng.random() < OCCLUDED and 'occluders' not in without:
        paint_occluder(canvas, head, person, rng)
    return Outlines(head.jaw(), brows, bridge, nose, eyes, mouth)
