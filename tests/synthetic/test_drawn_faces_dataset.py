from pathlib import Path

import cv2
import numpy as np
import pytest

import mmseg_facenext.register  # noqa: F401
from mmseg_facenext.errors import UserError
from mmseg_facenext.synthetic.drawn_faces_dataset import DrawnFacesDataset
from mmseg_facenext.synthetic.faces import draw_face, face_rng
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_BISENET


def faces(**kwargs):
    kwargs = {'count': 3, 'seed': 5, 'image_size': 48, **kwargs}
    return DrawnFacesDataset(pipeline=[dict(type='LoadDrawnFace')], **kwargs)


def test_face_n_of_a_seed_is_the_one_that_is_written_to_folders():
    sample = faces(first=2)[1]
    image, labels = draw_face(face_rng(5, 3), 48)
    np.testing.assert_array_equal(sample['img'][..., ::-1], image)
    np.testing.assert_array_equal(sample['gt_seg_map'], labels)
    assert sample['seg_fields'] == ['gt_seg_map']


def test_a_score_is_taken_at_the_size_of_the_drawing():
    steps = [dict(type='LoadDrawnFace', keep_labels=True), dict(type='FaceResize', scale=(24, 24))]
    sample = DrawnFacesDataset(count=1, image_size=48, pipeline=steps)[0]
    assert sample['img'].shape == (24, 24, 3)
    assert sample['gt_seg_map'].shape == sample['ori_shape'] == (48, 48)


def test_labels_come_in_the_order_that_is_asked_for():
    plain, other = (
        faces(label_space=s)[0]['gt_seg_map'] for s in ('celebamask_hq', CELEBAMASK_HQ_BISENET.name)
    )
    names = np.array(CELEBAMASK_HQ.classes)[plain]
    np.testing.assert_array_equal(names, np.array(CELEBAMASK_HQ_BISENET.classes)[other])
    assert (plain != other).any()


def test_photographs_are_some_of_the_backgrounds(tmp_path):
    folder = tmp_path / 'pictures'
    folder.mkdir()
    cv2.imwrite(str(folder / 'sand.png'), np.full((64, 64, 3), (90, 160, 200), np.uint8))
    plain, backed = faces(count=8), faces(count=8, photographs=str(folder), cache_dir=str(tmp_path))
    assert any((plain[n]['img'] != backed[n]['img']).any() for n in range(8))
    (kept,) = tmp_path.glob('drawing*')
    assert kept.name.endswith('_pictures')  # apart from the faces without


def test_groups_of_the_drawing_can_be_left_out(tmp_path):
    whole = faces(count=40, first=100, cache_dir=str(tmp_path))
    plain = faces(count=40, first=100, cache_dir=str(tmp_path), without=['jewellery', 'hats', 'glasses'])
    worn = [CELEBAMASK_HQ.classes.index(name) for name in ('eye_g', 'hat', 'ear_r', 'neck_l')]
    assert {*worn} <= {*np.unique([whole[n]['gt_seg_map'] for n in range(40)])}
    assert not {*worn} & {*np.unique([plain[n]['gt_seg_map'] for n in range(40)])}
    assert len(list(tmp_path.glob('drawing*'))) == 2


def test_a_backdrop_can_be_one_colour():
    plain, whole = faces(count=30, without=['backdrops', 'light']), faces(count=30)
    behind = [sample['img'][sample['gt_seg_map'] == 0] for sample in (plain[n] for n in range(30))]
    spread, usual = (
        np.median([pixels.std(0).mean() for pixels in each if len(pixels) > 50])
        for each in (behind, [whole[n]['img'].reshape(-1, 3) for n in range(30)])
    )
    assert spread < usual / 2


def test_an_unknown_group_is_refused():
    with pytest.raises(UserError, match='without must name hats, glasses'):
        faces(without=['moons'])


def test_a_kept_drawing_is_read_and_a_damaged_one_drawn_again(tmp_path):
    cached = faces(cache_dir=str(tmp_path))
    drawn = cached[0]
    (file,) = [path for path in tmp_path.rglob('*') if path.is_file()]
    again = cached[0]
    np.testing.assert_array_equal(again['img'], drawn['img'])
    np.testing.assert_array_equal(again['gt_seg_map'], drawn['gt_seg_map'])
    cv2.imwrite(str(file), np.full((48, 48, 4), 7, np.uint8))
    assert (cached[0]['img'] == 7).all()
    Path(file).write_bytes(b'half of it')
    np.testing.assert_array_equal(cached[0]['img'], drawn['img'])


@pytest.mark.parametrize('wrong', [{'count': 0}, {'seed': -1}, {'image_size': 8}])
def test_numbers_out_of_range_are_said(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        faces(**wrong)
