"""What own data are like: other suffixes, two files of one name, hidden files, wrong ids, wrong orders, flips."""

import logging

import numpy as np
import pytest
from mmengine.dataset import Compose
from mmengine.logging import MMLogger
from mmseg.datasets import BaseSegDataset
from PIL import Image

from mmseg_facenext.datasets import CelebAMaskHQDataset, LaPaDataset, LoadFaceLabels
from mmseg_facenext.datasets.checking.order import contradictions
from mmseg_facenext.datasets.flip_pairs import pair_sides
from mmseg_facenext.datasets.missing_data import check_pairs
from mmseg_facenext.errors import UserError
from mmseg_facenext.synthetic.faces import draw_face, face_rng
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_BISENET, CELEBAMASK_HQ_SEGFACE, flip_ids


@pytest.fixture
def said():
    """What is logged."""
    lines = []

    class Keeper(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())

    logger, keeper = MMLogger.get_current_instance(), Keeper()
    logger.addHandler(keeper)
    yield lines
    logger.removeHandler(keeper)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def photo(path):
    save(path, np.zeros((8, 8, 3)))


class TestFilesInFolders:
    @pytest.fixture
    def lapa(self, tmp_path):
        for name in ('a.JPG', 'b.jfif', 'c.gif', '._d.jpg', 'e.txt'):
            path = tmp_path / 'train/images' / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new('RGB', (8, 8)).save(path, format='GIF' if name == 'c.gif' else 'JPEG')
            save(tmp_path / f'train/labels/{path.stem}.png', np.zeros((8, 8)))
        return tmp_path

    def test_every_picture_is_taken_and_the_rest_is_named(self, lapa, said):
        dataset = LaPaDataset(str(lapa), landmarks=False)
        assert [entry['name'] for entry in dataset.load_data_list()] == ['a', 'b', 'c']
        assert any('1 files that are no photos (e.txt)' in line for line in said)

    def test_two_files_of_one_name(self, lapa):
        photo(lapa / 'train/images/a.png')
        with pytest.raises(UserError, match=r'a.JPG and a.png in .*images have one name'):
            LaPaDataset(str(lapa), landmarks=False)

    def test_missing_files_are_skipped_where_bad_files_are(self, lapa):
        (lapa / 'train/labels/b.png').unlink()
        with pytest.raises(UserError, match=r'1 image \(b\) of .*train without a label map'):
            LaPaDataset(str(lapa), landmarks=False)
        dataset = LaPaDataset(str(lapa), landmarks=False, on_bad_file='skip')
        assert [entry['name'] for entry in dataset.load_data_list()] == ['a', 'c']

    def test_landmarks_that_are_all_equal_are_a_bad_file(self, lapa):
        for name in 'abc':
            points = np.zeros((106, 2)) if name == 'b' else np.random.default_rng(0).uniform(0, 8, (106, 2))
            (lapa / 'train/landmarks').mkdir(exist_ok=True)
            lines = '\n'.join(f'{x} {y}' for x, y in points)
            (lapa / f'train/landmarks/{name}.txt').write_text(f'\ufeff106\n{lines}\n', encoding='utf-8')
        pipeline = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')]
        dataset = LaPaDataset(str(lapa), on_bad_file='skip', pipeline=pipeline)
        assert dataset.prepare_data(1) is None
        assert dataset.prepare_data(0)['gt_seg_map'].shape == (8, 8)
        assert dataset.num_bad_files == 1


def own(root, labels, classes=('background', 'face'), steps=(), **metainfo):
    """A data set of mmseg's with the label maps given."""
    for n, pixels in enumerate(labels):
        photo(root / f'photos/{n}.jpg')
        save(root / f'labels/{n}.png', pixels)
    pipeline = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels'), *steps]
    return BaseSegDataset(
        data_root=str(root),
        data_prefix=dict(img_path='photos', seg_map_path='labels'),
        metainfo=dict(classes=classes, **metainfo),
        pipeline=[*pipeline, dict(type='PackFaceInputs')],
    )


class TestLabels:
    def test_masks_of_0_and_255_are_said_before_training(self, tmp_path):
        masks = [np.repeat([[0, 255]], 8, axis=0).repeat(4, axis=1)] * 3
        with pytest.raises(UserError, match=r'no values but 0 and 255.* nothing of face would be learnt'):
            check_pairs(own(tmp_path, masks))
        dataset = own(tmp_path, masks)
        dataset.pipeline = Compose([LoadFaceLabels(ids={255: 1})])
        check_pairs(dataset)
        assert np.unique(dataset[0]['gt_seg_map']).tolist() == [0, 1]

    def test_an_id_that_is_no_class_is_named_with_its_file(self, tmp_path):
        labels = [np.zeros((8, 8))] * 40
        labels[7] = np.full((8, 8), 7)  # not among the few that are looked at beforehand
        dataset = own(tmp_path, labels)
        check_pairs(dataset)
        with pytest.raises(UserError, match=r'7.png has labels that mean the classes 7; .* 0 to 1 and 255'):
            [dataset[index] for index in range(40)]

    def test_photos_of_another_suffix_are_named(self, tmp_path, said):
        dataset = own(tmp_path, [np.zeros((8, 8))])
        photo(tmp_path / 'photos/5.PNG')
        check_pairs(dataset)
        assert any('1 photos of' in line and '5.PNG' in line for line in said)


class TestOrders:
    @pytest.fixture(scope='class')
    def faces(self):
        """Twelve drawn faces, in the data set's order."""
        return [draw_face(face_rng(seed=5, n=n), 96)[1] for n in range(12)]

    def test_drawn_faces_fit_their_own_order_only(self, faces):
        """The drawer paints classes by name and knows nothing of these rules."""
        assert len(contradictions(faces, CELEBAMASK_HQ)) < 2
        for other in (CELEBAMASK_HQ_BISENET, CELEBAMASK_HQ_SEGFACE):
            renumbered = CELEBAMASK_HQ.remap_to(other)
            assert len(contradictions([renumbered[face] for face in faces], CELEBAMASK_HQ)) >= 3
            assert len(contradictions([renumbered[face] for face in faces], other)) < 2

    def test_maps_of_another_order_are_refused_until_it_is_stated(self, faces, tmp_path, said):
        renumbered = CELEBAMASK_HQ.remap_to(CELEBAMASK_HQ_BISENET)
        for n, face in enumerate(faces):
            save(tmp_path / f'CelebA-HQ-mask/{n}.png', renumbered[face])
            save(tmp_path / f'CelebA-HQ-img/{n}.jpg', np.zeros((96, 96, 3)))
        with pytest.raises(UserError, match=r"They fit 'celebamask_hq_bisenet': set merged_label_space"):
            CelebAMaskHQDataset(str(tmp_path), split='all')
        dataset = CelebAMaskHQDataset(
            str(tmp_path),
            split='all',
            merged_label_space='celebamask_hq_bisenet',
            pipeline=[dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')],
        )
        assert (dataset[4]['gt_seg_map'] == faces[4]).all()
        assert any('as merged_label_space of the config says' in line for line in said)


class TestFlips:
    def test_pairs_by_name_by_space_and_as_given(self):
        assert flip_ids(dict(classes=['bg', 'eye_left', 'eye_right', 'left', 'l_lip'])) == [0, 2, 1, 3, 4]
        assert flip_ids(dict(classes=['l_eye', 'skin'], label_space='celebamask_hq')) == [None, 1]
        classes = ['bg', 'port', 'starboard', 'left_eye', 'right_eye']
        assert flip_ids(dict(classes=classes, flip_pairs=[('port', 'starboard')])) == [0, 2, 1, 3, 4]
        for wrong in ([('port', 'stern')], [('port', 'port')], ['port'], [(1, 2), (2, 3)], [(1, 9)]):
            with pytest.raises(UserError, match='pairs of two classes, each class once'):
                flip_ids(dict(classes=classes, flip_pairs=wrong))

    def test_face_flip_swaps_own_pairs(self, tmp_path):
        labels = [np.repeat([[1, 1, 2, 0, 0, 3, 3, 3]], 8, axis=0)]
        classes = ('background', 'port', 'nose', 'starboard')
        dataset = own(
            tmp_path, labels, classes, [dict(type='FaceFlip', prob=1.0)], flip_pairs=[('port', 'starboard')]
        )
        pair_sides(dataset)
        flipped = dataset[0]['data_samples'].gt_sem_seg.data[0, 0].tolist()
        assert flipped == [1, 1, 1, 0, 0, 2, 3, 3]

    def test_random_flip_of_sided_classes_is_refused(self, tmp_path):
        flip, classes = [dict(type='RandomFlip', prob=0.5)], ('bg', 'left_eye', 'right_eye')
        with pytest.raises(UserError, match='left_eye would be learnt as right_eye: take dict'):
            pair_sides(own(tmp_path, [np.zeros((8, 8))], classes, flip))
        pair_sides(own(tmp_path, [np.zeros((8, 8))], classes, flip, flip_pairs=[]))
        pair_sides(own(tmp_path, [np.zeros((8, 8))], ('bg', 'hair'), flip))

    def test_a_label_space_of_other_classes_is_refused(self, tmp_path):
        flip = [dict(type='FaceFlip', prob=0.5, label_space='celebamask_hq')]
        with pytest.raises(UserError, match=r'does not know the classes of the data set .*flip_pairs'):
            pair_sides(own(tmp_path, [np.zeros((8, 8))], ('bg', 'left_iris', 'right_iris'), flip))
