import numpy as np
import pytest

from mmseg_facenext.datasets import CropToFace
from mmseg_facenext.errors import UserError


def sample(box, height=100, width=80, label_size=None):
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    photo = np.stack([rows, columns, rows], axis=-1)  # a pixel says where it lies
    labels = np.zeros(label_size or (height, width), np.uint8)
    if label_size is None:
        labels[:] = columns
    landmarks = np.array([[30.0, 40.0]] * 5, np.float32)
    return dict(
        img=photo,
        gt_seg_map=labels,
        seg_fields=['gt_seg_map'],
        face_box=np.float32(box),
        landmarks=landmarks,
        img_path='me.jpg',
    )


@pytest.mark.parametrize(
    ('box', 'crop'),
    [
        # extents 21 and 31: side int(37.2), middle int(20 + 10.5), int(30 + 15.5): left 30 - 18, top 45 - 18
        ((20, 30, 40, 60), (12, 27, 49, 64)),
        # extents 41 and 11: side int(49.2), middle 50, 15: cut off at the top and at the right
        ((30, 10, 70, 20), (26, 0, 75, 40)),
        # extents 49.6 and 11: side int(59.52), middle int(54.8), int(15.5): 25 to 84, -14 to 45
        ((30, 10, 78.6, 20), (25, 0, 80, 45)),
        # a middle outside of the photo is cut towards zero: int(-4.5) is -4, side 37: -22 to 15, -3 to 34
        ((-20, 10, 10, 20), (0, 0, 15, 34)),
    ],
)
def test_squares_worked_out_by_hand(box, crop):
    results = CropToFace().transform(sample(box))
    left, top, right, bottom = crop
    assert results['crop'] == crop
    assert results['ori_shape'] == results['img_shape'] == (bottom - top, right - left)
    assert results['img'][0, 0].tolist() == [top, left, top]
    assert results['img'][-1, -1].tolist() == [bottom - 1, right - 1, bottom - 1]
    assert (results['gt_seg_map'] == results['img'][..., 1]).all()
    np.testing.assert_array_equal(results['landmarks'][0], [30 - left, 40 - top])
    assert 'face_box' not in results


@pytest.mark.parametrize(
    ('broken', 'message'),
    [
        (dict(face_box=None), 'me.jpg comes without face_box'),
        (dict(face_box=np.float32([200, 200, 220, 220])), 'me.jpg is 80x100, but its landmarks lie outside'),
        (
            dict(gt_seg_map=np.zeros((50, 40), np.uint8)),
            'needs labels of the size of the photo, 80x100, got 40x50',
        ),
    ],
)
def test_what_cannot_be_cut(broken, message):
    with pytest.raises(UserError, match=message):
        CropToFace().transform({**sample((20, 30, 40, 60)), **broken})
    with pytest.raises(UserError, match='factor above 0'):
        CropToFace(factor=0)
