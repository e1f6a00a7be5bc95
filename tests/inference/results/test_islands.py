import numpy as np

from mmseg_facenext.inference.results.islands import without_islands
from mmseg_facenext.taxonomy import CELEBAMASK_HQ as SPACE


def logits_of(labels):
    """The class's logit is 2, skin's 1 and all others' 0."""
    logits = np.zeros((SPACE.num_classes, *labels.shape), np.float32)
    logits[SPACE.titles.index('skin')] = 1
    np.put_along_axis(logits, labels[None], 2, axis=0)
    return logits


def test_islands_go_and_small_parts_stay():
    ids = {title: label for label, title in enumerate(SPACE.titles)}
    labels = np.full((200, 200), ids['skin'])  # islands are below 20 pixels
    labels[20:80, 20:180] = ids['hair']
    labels[100:104, 30:34] = ids['hair']  # 16 pixels
    labels[120:134, 30:44] = ids['hair']  # 196 pixels, a fiftieth of the largest piece
    labels[150, 60:70] = ids['necklace']  # 10 pixels, and no other piece
    labels[110:113, 100:104] = ids['left eye']  # 12 pixels, but the largest piece
    labels[110:114, 60:64] = ids['right eye']  # 16 pixels
    labels[130, 150:152] = ids['right eye']  # an eighth of that: not below
    labels[110:118, 150:156] = ids['nose']
    labels[130, 170] = ids['nose']  # 1 of 48
    expected = labels.copy()
    expected[100:104, 30:34] = expected[150, 60:70] = expected[130, 170] = ids['skin']
    np.testing.assert_array_equal(without_islands(logits_of(labels), SPACE).argmax(0), expected)


def test_a_part_of_a_few_pixels_is_none():
    ids = {title: label for label, title in enumerate(SPACE.titles)}
    labels = np.full((200, 200), ids['skin'])
    labels[10, 60:69] = ids['mouth']  # 9 pixels, fewer than 1/4000
    labels[20, 60:70] = ids['left brow']  # 10 pixels
    labels[30:33, 60:93] = ids['eyeglasses']  # 99 pixels in one piece, fewer than 1/400
    labels[50:52, 60:85] = labels[60:62, 60:85] = ids['hat']  # 100 pixels in two
    expected = labels.copy()
    expected[10] = expected[30:33] = ids['skin']
    np.testing.assert_array_equal(without_islands(logits_of(labels), SPACE).argmax(0), expected)


def test_glasses_that_are_small_beside_the_skin_are_shadows():
    ids = {title: label for label, title in enumerate(SPACE.titles)}
    labels = np.zeros((200, 200), int)
    labels[40:160, 50:150] = ids['skin']  # 12,000 pixels
    for rows, there in ((9, False), (10, True)):
        worn = labels.copy()
        worn[60 : 60 + rows, 50:150] = ids['eyeglasses']  # 900 beside 11,100 of skin, or 1,000 beside 11,000
        found = without_islands(logits_of(worn), SPACE).argmax(0)
        assert (found == ids['eyeglasses']).any() == there
        assert (found[60 : 60 + rows, 50:150] == ids['eyeglasses' if there else 'skin']).all()


def test_a_piece_of_hair_that_is_small_beside_the_rest_is_an_island():
    ids = {title: label for label, title in enumerate(SPACE.titles)}
    labels = np.full((200, 200), ids['cloth'])
    labels[:60, :100] = ids['hair']  # 6,000 pixels
    labels[100:110, 20:32] = ids['hair']  # 120: a fiftieth
    labels[150:160, 20:31] = ids['hair']  # 110
    found = without_islands(logits_of(labels), SPACE).argmax(0)
    assert (found[100:110, 20:32] == ids['hair']).all()
    assert not (found[150:160, 20:31] == ids['hair']).any()
