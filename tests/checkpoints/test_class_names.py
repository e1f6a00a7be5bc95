import pytest

from mmseg_facenext.checkpoints import class_disagreement
from mmseg_facenext.checkpoints.class_names import trained_classes
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE, LAPA

FACE = CELEBAMASK_HQ.classes


@pytest.mark.parametrize(
    'trained',
    [None, FACE, list(FACE), CELEBAMASK_HQ.titles, [title.title() for title in CELEBAMASK_HQ.titles]],
)
def test_agreement(trained):
    assert class_disagreement(trained, FACE) is None


# Of 19 ids 0, 6, 7 and 12 (background, brows, lower lip) are the same in both orders.
@pytest.mark.parametrize(
    ('trained', 'expected', 'said'),
    [
        (
            CELEBAMASK_HQ_SEGFACE.classes,
            FACE,
            'the same 19 classes in another order: id 1 is neck there and skin here, id 2 is skin there and nose here, '
            'id 3 is cloth there and eye_g here and 12 more',
        ),
        ('acb', 'abc', 'the same 3 classes in another order: id 1 is c there and b here, id 2 is b there and c here'),
        ('abd', 'abc', '3 other classes: id 2 is d there and c here'),
        ('ab', 'abc', '2 classes instead of 3, of which the first 2 are the same'),
        ('abcd', 'xbc', '4 classes instead of 3: id 0 is a there and x here'),
    ],
)  # fmt: skip
def test_disagreement_names_the_first_ids(trained, expected, said):
    assert class_disagreement(trained, expected) == said


def test_the_spelling_of_segnext_faceparser():
    assert trained_classes({'CLASSES': ('backgound', *FACE[1:])}) == FACE


def test_two_data_sets():
    assert class_disagreement(LAPA.classes, FACE).startswith('11 classes instead of 19: id 2 is ')


@pytest.mark.parametrize(
    ('meta', 'classes'),
    [
        ({'dataset_meta': {'classes': ('a', 'b')}}, ('a', 'b')),
        ({'dataset_meta': {'CLASSES': ['a', 'b']}}, ('a', 'b')),
        ({'CLASSES': ['a', 'b'], 'dataset_meta': None}, ('a', 'b')),
        ({'CLASSES': None}, None),
        ({'CLASSES': 'ab', 'dataset_meta': 'x'}, None),
        ({'CLASSES': 2}, None),
        ({'CLASSES': [0, 1]}, None),
    ],
)
def test_trained_classes(meta, classes):
    assert trained_classes(meta) == classes
