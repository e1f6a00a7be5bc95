import numpy as np

from mmseg_facenext.inference.results.soft_edges import follow_edges


def test_a_blurred_edge_moves_to_that_of_the_photo():
    """The photo's edge is at column 50; the matte rises from 40 to 64 and is at one half too far right."""
    photo = np.full((60, 100, 3), 30, np.uint8)
    photo[:, 50:] = 220
    matte = np.tile(np.clip((np.arange(100, dtype=np.float32) - 40) / 24, 0, 1), (60, 1))
    sharp = follow_edges(photo, matte, 12)
    steps = np.abs(np.diff(sharp[30]))
    assert steps.argmax() == 49
    assert steps[49] > 5 * np.diff(matte[30]).max()
    assert sharp.min() >= 0
    assert sharp.max() <= 1


def test_an_even_photo_only_blurs():
    matte = np.zeros((40, 40), np.float32)
    matte[:, 20:] = 1
    sharp = follow_edges(np.full((40, 40, 3), 90, np.uint8), matte, 2)
    assert not sharp[:, :15].any()
    np.testing.assert_allclose(sharp[:, 25:], 1, atol=1e-5)
