import itertools

import numpy as np
import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import (
    CELEBAMASK_HQ,
    CELEBAMASK_HQ_BISENET,
    CELEBAMASK_HQ_SEGFACE,
    HELEN,
    LABEL_SPACES,
    LAPA,
    find_label_space,
    get_label_space,
)

# Position by position, written out by hand. One letter and side per class: the CelebAMask-HQ order is
# 0 background 1 skin 2 nose 3 eye_g 4 l_eye 5 r_eye 6 l_brow 7 r_brow 8 l_ear 9 r_ear 10 mouth 11 u_lip
# 12 l_lip 13 hair 14 hat 15 ear_r 16 neck_l 17 neck 18 cloth.
CELEBA_TO_SEGFACE = [0, 2, 10, 15, 8, 9, 6, 7, 4, 5, 11, 13, 12, 14, 16, 17, 18, 1, 3]
CELEBA_TO_BISENET = [0, 1, 10, 6, 4, 5, 2, 3, 7, 8, 11, 12, 13, 17, 18, 9, 15, 14, 16]
# LaPa: 0 background 1 skin 2 left_brow 3 right_brow 4 left_eye 5 right_eye 6 nose 7 upper_lip 8 inner_mouth
# 9 lower_lip 10 hair, where left is the left of the image: the person's l_eye (4) is LaPa's right_eye (5).
CELEBA_TO_LAPA = [0, 1, 6, 255, 5, 4, 3, 2, 255, 255, 8, 7, 9, 10, 255, 255, 255, 255, 255]
LAPA_TO_CELEBA = [0, 1, 7, 6, 5, 4, 2, 11, 10, 12, 13]
SEGFACE_TO_LAPA = [0, 255, 1, 255, 255, 255, 3, 2, 5, 4, 6, 8, 9, 7, 10, 255, 255, 255, 255]
BISENET_TO_LAPA = [0, 1, 3, 2, 5, 4, 255, 255, 255, 255, 6, 8, 7, 9, 255, 255, 255, 10, 255]
SAME_11 = list(range(11))


@pytest.mark.parametrize(
    ('source', 'target', 'expected'),
    [
        (CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE, CELEBA_TO_SEGFACE),
        (CELEBAMASK_HQ, CELEBAMASK_HQ_BISENET, CELEBA_TO_BISENET),
        (CELEBAMASK_HQ, LAPA, CELEBA_TO_LAPA),
        (CELEBAMASK_HQ, HELEN, CELEBA_TO_LAPA),
        (CELEBAMASK_HQ_SEGFACE, LAPA, SEGFACE_TO_LAPA),
        (CELEBAMASK_HQ_BISENET, LAPA, BISENET_TO_LAPA),
        (LAPA, CELEBAMASK_HQ, LAPA_TO_CELEBA),
        (HELEN, CELEBAMASK_HQ, LAPA_TO_CELEBA),
        (LAPA, HELEN, SAME_11),
        (HELEN, LAPA, SAME_11),
    ],
    ids=lambda value: getattr(value, 'name', ''),
)
def test_remap_agrees_with_table_written_by_hand(source, target, expected):
    lut = source.remap_to(target)
    assert lut.dtype == np.uint8
    assert lut.shape == (256,)
    assert lut[: source.num_classes].tolist() == expected
    assert (lut[source.num_classes :] == 255).all()


def test_remap_gives_unmatched_classes_and_unknown_ids_the_id_asked_for():
    lut = CELEBAMASK_HQ.remap_to(LAPA, unmatched=0)
    assert lut[18] == 0  # cloth, which LaPa does not have
    assert lut[200] == 0
    assert lut[255] == 255


@pytest.mark.parametrize(('a', 'b'), itertools.permutations(list(LABEL_SPACES.values())[:3], 2))
def test_remap_between_the_19_class_orders_is_undone_by_the_way_back(a, b):
    labels = np.arange(19, dtype=np.uint8)
    assert b.remap_to(a)[a.remap_to(b)[labels]].tolist() == labels.tolist()


@pytest.mark.parametrize('space', LABEL_SPACES.values(), ids=lambda space: space.name)
def test_remap_to_itself_changes_nothing(space):
    assert space.remap_to(space)[: space.num_classes].tolist() == list(range(space.num_classes))


@pytest.mark.parametrize(
    ('space', 'swaps'),
    [
        (CELEBAMASK_HQ, ((4, 5), (6, 7), (8, 9))),
        (CELEBAMASK_HQ_SEGFACE, ((4, 5), (6, 7), (8, 9))),
        (CELEBAMASK_HQ_BISENET, ((2, 3), (4, 5), (7, 8))),
        (LAPA, ((2, 3), (4, 5))),
        (HELEN, ((2, 3), (4, 5))),
    ],
)
def test_only_eyes_brows_and_ears_swap(space, swaps):
    assert space.swaps == swaps
    lut = space.flip_lut()
    expected = list(range(256))
    for left, right in swaps:
        expected[left], expected[right] = right, left
    assert lut.tolist() == expected


def test_lower_lip_is_not_a_left_part():
    assert CELEBAMASK_HQ.titles[CELEBAMASK_HQ.index('l_lip')] == 'lower lip'
    assert CELEBAMASK_HQ.titles[CELEBAMASK_HQ.index('ear_r')] == 'earring'
    assert CELEBAMASK_HQ.titles[CELEBAMASK_HQ.index('neck_l')] == 'necklace'


@pytest.mark.parametrize('space', LABEL_SPACES.values(), ids=lambda space: space.name)
def test_space_is_complete(space):
    assert (
        space.num_classes == len(space.titles) == len(space.palette) == (11 if space in (LAPA, HELEN) else 19)
    )
    assert len(set(space.classes)) == space.num_classes
    assert space.classes[0] == 'background'
    assert space.palette[0] == (0, 0, 0)
    assert space.sides == ('viewer' if space in (LAPA, HELEN) else 'subject')


def test_a_class_has_one_colour_in_every_order_and_colours_can_be_told_apart():
    colours = {}
    for space in LABEL_SPACES.values():
        for title, colour in zip(space.titles, space.palette, strict=True):
            assert colours.setdefault(title, colour) == colour
    for (one, a), (other, b) in itertools.combinations(colours.items(), 2):
        assert np.abs(np.subtract(a, b)).sum() >= 100, (one, other)


def test_label_spaces_are_found_by_name_and_by_classes():
    assert get_label_space('lapa') is LAPA
    for space in LABEL_SPACES.values():
        assert find_label_space(list(space.classes)) is space
    assert find_label_space(['background', 'face']) is None


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(
        UserError, match=r"unknown label space 'celeba'; choose one of celebamask_hq, .*, helen"
    ):
        get_label_space('celeba')
    with pytest.raises(UserError, match=r"'lapa' has no class 'l_eye'; it has background, skin, left_brow"):
        LAPA.index('l_eye')
