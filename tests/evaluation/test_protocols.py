"""Every mean against numbers worked out by hand."""

import json

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.errors import UserError
from mmseg_facenext.evaluation.predictions import Predictions
from mmseg_facenext.evaluation.protocol_table import protocol_table, save_protocols
from mmseg_facenext.evaluation.protocols import ProtocolEvaluator
from mmseg_facenext.taxonomy import get_label_space


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(pixels, np.uint8)).save(path)
    return path


@pytest.fixture
def celeb(tmp_path):
    """Two photos (ids 0 and 1 held out) that are skin all over, with a neck in one corner of the first."""
    root = tmp_path / 'celeb'
    for n in (0, 1, 2):
        save(root / f'CelebA-HQ-img/{n}.jpg', np.zeros((4, 4, 3)))
        save(root / f'CelebAMask-HQ-mask-anno/0/{n:05d}_skin.png', [[255, 255], [255, 255]])
    save(root / 'CelebAMask-HQ-mask-anno/0/00000_neck.png', [[0, 0], [255, 0]])
    (root / 'val_split.txt').write_text('0\n1\n')
    return root


@pytest.fixture
def lapa(tmp_path):
    root = tmp_path / 'LaPa'
    for split in ('train', 'val', 'test'):
        save(root / split / 'images/a.jpg', np.zeros((2, 2, 3)))
        save(root / split / 'labels/a.png', [[1, 1], [10, 10]])
    return root


def score(root, folder, benchmark='celebamask_hq', label_space='celebamask_hq', splits=(), **kwargs):
    predictions = Predictions(folder, get_label_space(label_space))
    return ProtocolEvaluator(benchmark, root, predictions, **kwargs).evaluate(splits)


def test_the_order_of_painting_by_hand(celeb, tmp_path):
    save(tmp_path / 'out/0.png', [[1, 1], [17, 0]])
    save(tmp_path / 'out/00001.png', [[1, 1], [1, 1]])
    report = score(celeb, tmp_path / 'out', network_size=4)
    rows = {(row.labels, row.size): row for row in report.rows}
    assert {row.images for row in report.rows} == {2}
    # The neck is painted over the skin: of 7 skin pixels 6 are found, 1 is taken for background.
    over = {
        'mIoU': (0 + 6 / 7 + 1) / 3,
        'mIoU fg': (6 / 7 + 1) / 2,
        'F1': (0 + 12 / 13 + 1) / 3,
        'F1 fg': (12 / 13 + 1) / 2,
    }
    # The skin is painted over the neck: 8 skin pixels, and a neck where none is labelled.
    under = {
        'mIoU': (0 + 6 / 8 + 0) / 3,
        'mIoU fg': (6 / 8 + 0) / 2,
        'F1': (0 + 12 / 14 + 0) / 3,
        'F1 fg': (12 / 14 + 0) / 2,
    }
    for labels, expected in (
        ('celebamask_hq', over),
        ('celebamask_hq_bisenet', over),
        ('celebamask_hq_segface', under),
    ):
        for size in ('label size', '4x4'):
            means = rows[labels, size].means
            assert means == pytest.approx({name: 100 * value for name, value in expected.items()}), labels
    assert any('faceparser left out' in note for note in report.notes)


def test_predictions_in_another_order_give_the_same_scores(celeb, tmp_path):
    for image, pixels in ((0, [[1, 1], [17, 0]]), (1, [[1, 6], [1, 1]])):
        save(tmp_path / f'own/{image}.png', pixels)
        lut = get_label_space('celebamask_hq').remap_to(get_label_space('celebamask_hq_bisenet'))
        save(tmp_path / f'other/{image}.png', lut[np.array(pixels)])
    own = score(celeb, tmp_path / 'own')
    other = score(celeb, tmp_path / 'other', label_space='celebamask_hq_bisenet')
    assert own.rows == other.rows


def test_sizes_by_hand(lapa, tmp_path):
    save(tmp_path / 'out/a.png', [[10] * 4, [1] * 4, [10] * 4, [10] * 4])
    report = score(lapa, tmp_path / 'out', 'lapa', 'lapa', network_size=4)
    native, resized = [row for row in report.rows if row.split == 'test']
    assert native.size == 'label size'
    assert native.means == dict.fromkeys(('mIoU', 'mIoU fg', 'F1', 'F1 fg'), 100)
    # skin: 4 of 8 pixels; hair: 8 pixels found and 4 too many; no background anywhere
    assert resized.size == '4x4'
    assert resized.means == pytest.approx(
        {
            'mIoU': 100 * (4 / 8 + 8 / 12) / 2,
            'mIoU fg': 100 * (4 / 8 + 8 / 12) / 2,
            'F1': 100 * (8 / 12 + 16 / 20) / 2,
            'F1 fg': 100 * (8 / 12 + 16 / 20) / 2,
        }
    )
    assert native.reported == 'F1 fg: Liu et al. (2020), FaRL (2022)'


def test_labels_of_the_network_size_are_scored_once(lapa, tmp_path):
    save(tmp_path / 'out/a.png', [[1, 1], [10, 10]])
    report = score(lapa, tmp_path / 'out', 'lapa', 'lapa', network_size=2)
    assert [(row.split, row.size) for row in report.rows] == [('val', 'label size'), ('test', 'label size')]


def test_classes_that_the_data_set_lacks_become_background(lapa, tmp_path):
    save(tmp_path / 'out/a.png', [[1, 1], [13, 14]])  # skin, skin, hair, hat
    report = score(lapa, tmp_path / 'out', 'lapa', 'celebamask_hq', network_size=2)
    assert report.rows[0].means['mIoU'] == pytest.approx(100 * (0 + 1 + 1 / 2) / 3)


def test_helens_merged_classes(tmp_path):
    save(tmp_path / 'helen/train/a_image.jpg', np.zeros((1, 4, 3)))
    save(tmp_path / 'helen/train/a_label.png', [[0, 0, 0, 0]])
    save(tmp_path / 'helen/test/b_image.jpg', np.zeros((1, 4, 3)))
    save(tmp_path / 'helen/test/b_label.png', [[2, 3, 4, 1]])
    save(tmp_path / 'out/b_image.png', [[3, 3, 1, 1]])
    (native, _) = score(tmp_path / 'helen', tmp_path / 'out', 'helen', 'helen').rows
    assert native.means['F1 brows'] == 100
    assert native.means['F1 eyes'] == 0
    assert np.isnan(native.means['F1 mouth'])
    assert native.means['F1 overall'] == pytest.approx(100 * 2 * 2 / (3 + 2))
    assert '-' in protocol_table(score(tmp_path / 'helen', tmp_path / 'out', 'helen', 'helen'))


def test_incomplete_sets_are_an_error_unless_asked_for(celeb, tmp_path):
    save(tmp_path / 'out/1.png', [[1, 1], [1, 1]])
    said = r'1 image \(0\) of its 2 without a prediction in .*allow incomplete'
    with pytest.raises(UserError, match=said):
        score(celeb, tmp_path / 'out')
    with pytest.raises(UserError, match='^' + said):
        score(celeb, tmp_path / 'out', splits=['val_split.txt'])
    report = score(celeb, tmp_path / 'out', allow_incomplete=True)
    assert {(row.images, row.missing) for row in report.rows} == {(1, 1)}
    assert '1 of 2' in protocol_table(report)


def test_merged_labels_are_not_repainted(celeb, tmp_path):
    for n in (0, 1):
        save(tmp_path / f'out/{n}.png', [[1, 1], [1, 1]])
        save(celeb / f'CelebA-HQ-mask/{n}.png', [[1, 1], [1, 1]])
    (celeb / 'CelebAMask-HQ-mask-anno').rename(tmp_path / 'away')
    report = score(celeb, tmp_path / 'out', network_size=2)
    assert [row.labels for row in report.rows] == ['celebamask_hq']
    assert any('the order of celebamask_hq_segface left out' in note for note in report.notes)


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (dict(benchmark='coco'), "unknown data set 'coco'"),
        (dict(splits=['tst']), "celebamask_hq has no split 'tst'; choose of faceparser, official"),
        (dict(root='nowhere'), 'data_root nowhere is not a folder'),
        (dict(label_space='lapa'), r'0.png has label id 17, but label space .lapa. has ids 0 to 10'),
        (dict(folder='nowhere'), 'nowhere is not a folder of predictions'),
        (dict(network_size=0), 'cannot resize to 0 pixels'),
    ],
)
def test_mistakes(celeb, tmp_path, change, said):
    for n in (0, 1):
        save(tmp_path / f'out/{n}.png', [[1, 1], [17, 0]])
    with pytest.raises(UserError, match=said):
        score(**{'root': celeb, 'folder': tmp_path / 'out', **change})


def test_two_predictions_for_one_image(tmp_path):
    save(tmp_path / '1.png', [[1]])
    save(tmp_path / '001.png', [[1]])
    with pytest.raises(UserError, match='are predictions for one image'):
        Predictions(tmp_path, get_label_space('lapa'))


def test_files(lapa, tmp_path):
    save(tmp_path / 'out/a.png', [[1, 1], [10, 10]])
    report = score(lapa, tmp_path / 'out', 'lapa', 'lapa', splits=['test'])
    for ending in ('json', 'csv', 'md'):
        save_protocols(report, tmp_path / f'table.{ending}')
    rows = json.loads((tmp_path / 'table.json').read_text())['rows']
    assert rows[0]['means']['F1 fg'] == 100
    assert (tmp_path / 'table.csv').read_text().splitlines()[1].startswith('test,lapa,label size,1,100.00')
    assert (tmp_path / 'table.md').read_text().startswith('| split')
    with pytest.raises(UserError, match=r'ends in .json, .csv, .md'):
        save_protocols(report, tmp_path / 'table.txt')
