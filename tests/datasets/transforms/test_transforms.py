import numpy as np
import pytest
from mmengine.dataset import Compose
from mmseg.registry import TRANSFORMS
from PIL import Image

import mmseg_facenext.datasets  # noqa: F401  (registers the transforms)
from mmseg_facenext.datasets.transforms.geometry.face_flip import FaceFlip
from mmseg_facenext.datasets.transforms.loading.load_face_image import LoadFaceImage
from mmseg_facenext.datasets.transforms.loading.load_face_labels import LoadFaceLabels
from mmseg_facenext.errors import UserError

RGB = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]], [[1, 2, 3], [4, 5, 6]]], np.uint8)
BGR = RGB[..., ::-1]


def load(path):
    return LoadFaceImage()({'img_path': str(path)})


def pipeline(*steps):
    return Compose([TRANSFORMS.build(step) for step in steps])


def test_photo_is_bgr_with_its_size(tmp_path):
    Image.fromarray(RGB).save(tmp_path / '0.png')
    results = load(tmp_path / '0.png')
    assert results['img'].dtype == np.uint8
    assert results['img'].flags.c_contiguous
    assert results['img'].tolist() == BGR.tolist()
    assert results['img_shape'] == results['ori_shape'] == (3, 2)


@pytest.mark.parametrize(
    ('image', 'expected'),
    [
        (Image.fromarray(np.full((2, 2), 77, np.uint8)), (77, 77, 77)),
        (Image.fromarray(np.full((2, 2), 0x4D21, np.uint16)), (0x4D, 0x4D, 0x4D)),
        (Image.new('RGBA', (2, 2), (10, 20, 30, 0)), (30, 20, 10)),
        (Image.new('LA', (2, 2), (77, 128)), (77, 77, 77)),
        (Image.new('P', (2, 2), 0), (0, 0, 0)),
        (Image.new('1', (2, 2), 1), (255, 255, 255)),
    ],
    ids=['grey', '16 bit', 'transparent', 'grey alpha', 'palette', 'one bit'],
)
def test_other_kinds_of_photos_become_bgr(tmp_path, image, expected):
    image.save(tmp_path / '0.png')
    photo = load(tmp_path / '0.png')['img']
    assert photo.shape == (2, 2, 3)
    assert photo.dtype == np.uint8
    assert (photo == expected).all()


def test_cmyk_photo_becomes_bgr(tmp_path):
    Image.new('CMYK', (8, 8), (0, 255, 255, 0)).save(tmp_path / '0.jpg', quality=95)  # red ink
    photo = load(tmp_path / '0.jpg')['img'].astype(int)
    assert (np.abs(photo - (0, 0, 255)) < 30).all()


def test_photo_is_turned_upright(tmp_path):
    image = Image.fromarray(RGB)
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned 90 degrees clockwise to be upright
    image.save(tmp_path / '0.png', exif=exif)
    assert load(tmp_path / '0.png')['img'].tolist() == np.rot90(BGR, -1).tolist()


def test_photo_with_broken_exif_is_taken_as_it_is(tmp_path):
    Image.fromarray(RGB).save(tmp_path / '0.png', exif=b'Exif\x00\x00nonsense')
    assert load(tmp_path / '0.png')['img'].tolist() == BGR.tolist()


def test_unusable_photos_are_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    for name in ('cut.jpg', 'cut.png'):
        Image.fromarray(noise).save(tmp_path / name)
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(
            UserError, match=rf'{name} is truncated or damaged \(.*\); download or write it again'
        ):
            load(tmp_path / name)
    (tmp_path / 'text.jpg').write_text('<html>')
    with pytest.raises(UserError, match=r'text.jpg is not an image that can be read \(6 bytes\)'):
        load(tmp_path / 'text.jpg')
    (tmp_path / 'empty.jpg').touch()
    with pytest.raises(UserError, match=r'empty.jpg is not an image that can be read \(0 bytes\)'):
        load(tmp_path / 'empty.jpg')
    with pytest.raises(UserError, match=r'image not found: .*none.jpg'):
        load(tmp_path / 'none.jpg')
    with pytest.raises(UserError, match=r'expected an image file, but .* is a folder'):
        load(tmp_path)
    Image.new('F', (2, 2)).save(tmp_path / 'float.tif')
    with pytest.raises(UserError, match=r'float.tif holds floating-point pixels'):
        load(tmp_path / 'float.tif')


def write_labels(path, rows):
    Image.fromarray(np.array(rows, np.uint8)).save(path)
    return str(path)


def test_labels_bring_their_own_size(tmp_path):
    results = {
        'seg_map_path': write_labels(tmp_path / '0.png', [[0, 18], [1, 255]]),
        'stored_label_space': 'celebamask_hq',
        'label_space': 'celebamask_hq',
        'img_path': '0.jpg',
        'ori_shape': (4, 4),
        'seg_fields': [],
    }
    results = LoadFaceLabels()(results)
    assert results['gt_seg_map'].tolist() == [[0, 18], [1, 255]]
    assert results['gt_seg_map'].dtype == np.uint8
    assert results['ori_shape'] == (2, 2)
    assert results['seg_fields'] == ['gt_seg_map']


def test_labels_are_translated_and_then_reduced_to_a_subset(tmp_path):
    # l_eye, r_eye, hair, cloth in CelebAMask-HQ; LaPa's 5, 4 (sides differ), 10, none
    path = write_labels(tmp_path / '0.png', [[4, 5, 13, 18]])
    base = {'seg_map_path': path, 'stored_label_space': 'celebamask_hq', 'label_space': 'lapa'}
    assert LoadFaceLabels()(dict(base))['gt_seg_map'].tolist() == [[5, 4, 10, 255]]
    subset = dict(base, label_map={i: {0: 0, 10: 1}.get(i, 255) for i in range(11)})
    assert LoadFaceLabels()(subset)['gt_seg_map'].tolist() == [[255, 255, 1, 255]]


def test_palette_labels_are_their_indices(tmp_path):
    image = Image.fromarray(np.array([[0, 7]], np.uint8), mode='P')
    image.putpalette([9] * 768)
    image.save(tmp_path / '0.png')
    assert LoadFaceLabels()({'seg_map_path': str(tmp_path / '0.png')})['gt_seg_map'].tolist() == [[0, 7]]


def test_unusable_labels_are_named(tmp_path):
    path = write_labels(tmp_path / '0.png', [[0, 19], [77, 255]])
    results = {'seg_map_path': path, 'stored_label_space': 'celebamask_hq', 'label_space': 'celebamask_hq'}
    with pytest.raises(
        UserError, match=r"0.png has label ids \[19, 77\]; label space 'celebamask_hq' has ids 0 to 18"
    ):
        LoadFaceLabels()(results)
    Image.fromarray(RGB).save(tmp_path / '1.png')
    with pytest.raises(UserError, match=r'1.png holds colours, not label ids'):
        LoadFaceLabels()({'seg_map_path': str(tmp_path / '1.png')})
    Image.fromarray(np.full((2, 2), 300, np.uint16)).save(tmp_path / '2.png')
    with pytest.raises(UserError, match=r'2.png holds label id 300; ids must lie between 0 and 255'):
        LoadFaceLabels()({'seg_map_path': str(tmp_path / '2.png')})


@pytest.mark.parametrize(
    ('photo', 'fits'), [((1024, 1024), True), ((7, 7), True), ((511, 512), True), ((512, 500), False)]
)
def test_sizes_may_differ_but_not_proportions(tmp_path, photo, fits):
    path = write_labels(tmp_path / '0.png', np.zeros((512, 512)))
    results = {'seg_map_path': path, 'img_path': 'a/0.jpg', 'ori_shape': photo}
    if fits:
        assert LoadFaceLabels()(results)['ori_shape'] == (512, 512)
    else:
        with pytest.raises(UserError, match=r'a/0.jpg is 500x512, but its labels are 512x512 \(.*0.png\)'):
            LoadFaceLabels()(results)


@pytest.mark.parametrize('dtype', [np.uint8, np.int64])
def test_flip_mirrors_pixels_and_swaps_left_and_right(dtype):
    labels = np.array([[4, 6, 8, 12, 1], [5, 7, 9, 255, 0]], dtype)  # l_eye l_brow l_ear l_lip skin, ...
    photo = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    results = {
        'img': photo,
        'gt_seg_map': labels,
        'seg_fields': ['gt_seg_map'],
        'label_space': 'celebamask_hq',
    }
    flipped = FaceFlip(prob=1.0)(dict(results))
    assert flipped['gt_seg_map'].tolist() == [[1, 12, 9, 7, 5], [0, 255, 8, 6, 4]]
    assert flipped['img'].tolist() == photo[:, ::-1].tolist()
    assert (flipped['flip'], flipped['flip_direction']) == (True, 'horizontal')
    again = FaceFlip(prob=1.0)(dict(flipped))
    assert again['gt_seg_map'].tolist() == labels.tolist()


def test_no_flip_changes_nothing():
    labels = np.array([[4, 5]], np.uint8)
    results = {'img': np.zeros((1, 2, 3)), 'gt_seg_map': labels, 'seg_fields': ['gt_seg_map']}
    kept = FaceFlip(prob=0.0)(results)
    assert kept['gt_seg_map'] is labels
    assert (kept['flip'], kept['flip_direction']) == (False, None)


def test_flip_without_labels_needs_no_label_space():
    assert FaceFlip(prob=1.0)({'img': np.zeros((1, 2, 3))})['flip']


def test_flip_in_the_ids_of_a_subset():
    # r_eye 0, hair 1, l_eye 2 and l_brow 3 without its other side, which can only be ignored
    label_map = dict.fromkeys(range(19), 255) | {5: 0, 13: 1, 4: 2, 6: 3}
    results = {
        'img': np.zeros((1, 5, 3)),
        'gt_seg_map': np.array([[0, 1, 2, 3, 255]], np.uint8),
        'seg_fields': ['gt_seg_map'],
        'label_space': 'celebamask_hq',
        'label_map': label_map,
    }
    assert FaceFlip(prob=1.0)(results)['gt_seg_map'].tolist() == [[255, 255, 0, 1, 2]]


def test_flip_happens_as_often_as_asked():
    np.random.seed(0)  # noqa: NPY002 (what mmengine seeds)
    flip = FaceFlip(prob=0.3)
    flips = [flip({'img': np.zeros((1, 1, 3))})['flip'] for _ in range(1000)]
    assert 250 < sum(flips) < 350


def test_flip_refuses_what_it_cannot_do():
    with pytest.raises(UserError, match=r'probability between 0 and 1, got prob=2'):
        FaceFlip(prob=2)
    results = {
        'img': np.zeros((1, 1, 3)),
        'gt_seg_map': np.zeros((1, 1), np.uint8),
        'seg_fields': ['gt_seg_map'],
    }
    with pytest.raises(
        UserError, match=r'does not know which classes have a left and a right: .*set label_space'
    ):
        FaceFlip(prob=1.0)(results)
    assert FaceFlip(prob=1.0, label_space='lapa')(results)['flip']


def test_mmseg_transforms_go_on_from_here(tmp_path):
    Image.new('RGB', (64, 64), (200, 100, 50)).save(tmp_path / '0.jpg', quality=95)
    labels = np.zeros((32, 32), np.uint8)
    labels[:16, :16] = 4  # l_eye in the top left corner
    results = {
        'img_path': str(tmp_path / '0.jpg'),
        'seg_map_path': write_labels(tmp_path / '0.png', labels),
        'stored_label_space': 'celebamask_hq',
        'label_space': 'celebamask_hq',
        'reduce_zero_label': False,
    }
    packed = pipeline(
        dict(type='LoadFaceImage'),
        dict(type='LoadFaceLabels'),
        dict(type='FaceResize', scale=(48, 48), keep_ratio=False),
        dict(type='FaceFlip', prob=1.0),
        dict(type='FaceRandomCrop', crop_size=(48, 48)),
        dict(type='FacePhotoMetricDistortion'),
        dict(type='PackFaceInputs'),
    )(results)
    assert packed['inputs'].shape == (3, 48, 48)
    truth = packed['data_samples'].gt_sem_seg.data[0].numpy()
    assert truth.shape == (48, 48)
    assert (truth[:24, 24:] == 5).all()
    assert (truth == 5).sum() == 24 * 24
    assert packed['data_samples'].metainfo['flip_direction'] == 'horizontal'


def test_testing_keeps_labels_at_their_own_size(tmp_path):
    Image.new('RGB', (64, 64)).save(tmp_path / '0.jpg')
    results = {
        'img_path': str(tmp_path / '0.jpg'),
        'seg_map_path': write_labels(tmp_path / '0.png', np.zeros((32, 32))),
    }
    packed = pipeline(
        dict(type='LoadFaceImage'),
        dict(type='FaceResize', scale=(48, 48), keep_ratio=False),
        dict(type='LoadFaceLabels'),
        dict(type='PackFaceInputs'),
    )(results)
    assert packed['inputs'].shape == (3, 48, 48)
    assert packed['data_samples'].ori_shape == (32, 32)
    assert packed['data_samples'].gt_sem_seg.shape == (32, 32)
