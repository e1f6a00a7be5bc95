import json
import math

import numpy as np
import pytest
import torch
from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS
from PIL import Image

from mmseg_facenext.errors import UserError
from mmseg_facenext.evaluation import FaceMetric
from mmseg_facenext.taxonomy import HELEN, LAPA

CLASSES = ('background', 'skin', 'hat')


def sample(label, pred, name='a', **meta):
    """One element of what a model gives to the evaluator, from nested lists of ids."""
    data = {'pred_sem_seg': {'data': torch.tensor([pred])}, 'img_path': f'images/{name}.jpg'}
    return data | ({} if label is None else {'gt_sem_seg': {'data': torch.tensor([label])}}) | meta


def metric(classes=CLASSES, **kwargs):
    built = FaceMetric(**kwargs)
    built.dataset_meta = {'classes': classes, 'label_space': 'a toy space'}
    return built


SAMPLES = [
    sample([[0, 0], [1, 1]], [[0, 1], [1, 1]], 'a'),
    sample([[0, 255, 1]], [[0, 1, 1]], 'b'),
]
# matrix: background 2 hits and 1 taken for skin, skin 3 hits, hat absent, one pixel ignored
IOU = {'background': 2 / 3, 'skin': 3 / 4}
F1 = {'background': 4 / 5, 'skin': 6 / 7}


def test_configs_find_it():
    assert METRICS.get('FaceMetric') is FaceMetric


def test_scores_by_hand():
    m = metric()
    m.process(None, SAMPLES)
    results = m.evaluate(2)
    assert results == pytest.approx(
        {
            'aAcc': 100 * 5 / 6,
            'mIoU': 100 * (2 / 3 + 3 / 4) / 2,
            'mAcc': 100 * (2 / 3 + 1) / 2,
            'mIoU_fg': 100 * 3 / 4,
            'mFscore': 100 * (4 / 5 + 6 / 7) / 2,
            'mPrecision': 100 * (1 + 3 / 4) / 2,
            'mRecall': 100 * (2 / 3 + 1) / 2,
            'mFscore_fg': 100 * 6 / 7,
            'mDice': 100 * (4 / 5 + 6 / 7) / 2,
            'mDice_fg': 100 * 6 / 7,
        }
    )


def test_helens_merged_classes_by_hand():
    """2 3 brows, 4 5 eyes, 6 nose, 7 8 9 mouth; 1 is skin, 10 hair."""
    label = [[2, 2, 3, 4, 5, 6, 7, 8, 9, 1, 10, 0]]
    found = [[3, 2, 1, 4, 4, 6, 8, 8, 1, 1, 10, 2]]
    m = metric(classes=HELEN.classes, iou_metrics='mFscore')
    m.process(None, [sample(label, found)])
    results = m.evaluate(1)
    merged = {key: value for key, value in results.items() if key.startswith('Fscore_')}
    assert merged == pytest.approx(
        {
            'Fscore_eyes': 100 * 2 * 2 / (2 + 2),  # an eye taken for the other one is a hit
            'Fscore_brows': 100 * 2 * 2 / (3 + 3),
            'Fscore_mouth': 100 * 2 * 2 / (3 + 2),
            'Fscore_overall': 100 * 2 * 7 / (9 + 8),
        }
    )
    # skin 2 1 / (1 + 3), brows 1/2 and 0, left eye 2 / 3, right eye 0, nose 1, lips 0 and 0, mouth 2 / 3, hair 1
    assert results['mFscore_fg'] == pytest.approx(100 * (1 / 2 + 1 / 2 + 2 / 3 + 1 + 2 / 3 + 1) / 10)
    assert m.summary.to_dict()['merged_f1']['overall'] == pytest.approx(100 * 14 / 17)
    assert 'overall, taken as one class' in m.summary.table()


def test_a_merged_class_that_never_occurs_has_no_score():
    m = metric(classes=HELEN.classes, iou_metrics='mFscore')
    m.process(None, [sample([[0, 1]], [[0, 1]])])
    assert math.isnan(m.evaluate(1)['Fscore_mouth'])
    assert m.summary.to_dict()['merged_f1']['mouth'] is None


@pytest.mark.parametrize(
    ('asked', 'keys'),
    [
        ('mIoU', {'aAcc', 'mIoU', 'mAcc', 'mIoU_fg'}),
        (['mDice'], {'aAcc', 'mDice', 'mAcc', 'mDice_fg'}),
        (['mFscore'], {'aAcc', 'mFscore', 'mPrecision', 'mRecall', 'mFscore_fg'}),
    ],
)
def test_only_what_was_asked_for(asked, keys):
    m = metric(iou_metrics=asked)
    m.process(None, SAMPLES)
    assert m.evaluate(2).keys() == keys


def test_no_foreground_means_without_a_background_class():
    m = metric(classes=('road', 'sky', 'car'), iou_metrics='mIoU')
    m.process(None, SAMPLES)
    assert m.evaluate(2).keys() == {'aAcc', 'mIoU', 'mAcc'}
    assert 'which has no background' in m.summary.statement()


def test_prefix_goes_before_every_key():
    m = metric(iou_metrics='mIoU', prefix='lapa')
    m.process(None, SAMPLES)
    assert set(m.evaluate(2)) == {'lapa/aAcc', 'lapa/mIoU', 'lapa/mAcc', 'lapa/mIoU_fg'}


def test_batches_do_not_matter_and_every_evaluation_starts_afresh():
    m = metric()
    m.process(None, SAMPLES)
    together = m.evaluate(2)
    for one in SAMPLES:
        m.process(None, [one])
    assert m.evaluate(2) == together
    m.process(None, SAMPLES[:1])
    assert m.evaluate(1)['aAcc'] == pytest.approx(75)


def test_a_repeated_last_image_is_not_counted():
    m = metric()
    m.process(None, [*SAMPLES, SAMPLES[0]])
    assert m.evaluate(2)['aAcc'] == pytest.approx(100 * 5 / 6)


def test_agrees_with_upstream():
    generator = torch.Generator().manual_seed(1)
    ours = metric(classes=tuple('abcdef'))
    theirs = IoUMetric(iou_metrics=['mIoU', 'mDice'], prefix='x')
    theirs.dataset_meta = ours.dataset_meta
    for i in range(6):
        label = torch.randint(0, 4, (20, 30), generator=generator)
        label[0, :i] = 255
        pred = torch.where(torch.rand(20, 30, generator=generator) < 0.6, label.clamp(max=3), 4)
        batch = [sample(label.tolist(), pred.tolist(), str(i))]
        ours.process(None, batch)
        theirs.process(None, batch)
    expected = {key.removeprefix('x/'): value for key, value in theirs.evaluate(6).items()}
    results = ours.evaluate(6)
    assert {key: round(results[key], 2) for key in expected} == pytest.approx(expected)


def test_statement_names_the_protocol():
    m = metric(note='test-time augmentation: flip')
    m.process(None, SAMPLES)
    m.evaluate(2)
    assert m.summary.statement() == (
        'Protocol: 2 images scored at the size of their labels (height x width 1-2x2-3); '
        '3 classes of a toy space with background (means without it end in _fg); '
        'absent and left out of means: hat; '
        'one confusion matrix pooled over all 6 pixels (1 with ignore_index 255 not counted); '
        '1 process; test-time augmentation: flip.'
    )


def test_table_lists_every_class():
    m = metric()
    m.process(None, SAMPLES)
    m.evaluate(2)
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in m.summary.table().splitlines()]
    assert ['background', '66.67', '66.67', '80.00', '50.00'] in rows
    assert ['hat', '-', '-', '-', '0.00'] in rows
    assert ['mean without background', '75.00', '100.00', '85.71', ''] in rows


def test_json_holds_the_whole_evaluation(tmp_path):
    path = tmp_path / 'results' / 'val.json'
    m = metric()
    m.process(None, SAMPLES)
    m.evaluate(2)
    m.summary.save_json(path)
    saved = json.loads(path.read_text())
    assert saved['confusion'] == [[2, 1, 0], [0, 3, 0], [0, 0, 0]]
    assert [c['iou'] for c in saved['classes']] == pytest.approx([100 * 2 / 3, 75.0, None])
    assert saved['means']['mean without background']['f1'] == pytest.approx(100 * 6 / 7)
    assert saved['protocol']['images'] == 2
    assert list(path.parent.iterdir()) == [path]


def test_predictions_are_written_in_data_set_ids(tmp_path):
    m = metric(output_dir=str(tmp_path / 'out'))
    m.process(None, [sample([[0, 1]], [[2, 1]], 'x.1'), sample([[0]], [[0]], 'y', reduce_zero_label=True)])
    image = Image.open(tmp_path / 'out' / 'x.1.png')
    assert image.mode == 'L'
    np.testing.assert_array_equal(image, [[2, 1]])
    np.testing.assert_array_equal(Image.open(tmp_path / 'out' / 'y.png'), [[1]])


def test_predictions_only(tmp_path):
    m = metric(output_dir=str(tmp_path), format_only=True)
    m.process(None, [sample(None, [[2, 1]])])
    assert m.evaluate(1) == {}
    assert (tmp_path / 'a.png').exists()


def test_all_pixels_ignored():
    m = metric(iou_metrics='mIoU')
    m.process(None, [sample([[255]], [[1]])])
    assert all(math.isnan(value) for value in m.evaluate(1).values())


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'iou_metrics': ['mIoU', 'mPQ']}, "unknown metric 'mPQ'; choose from mIoU, mDice, mFscore"),
        ({'iou_metrics': []}, 'no metric was asked for'),
        ({'format_only': True}, 'give it an output_dir'),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(UserError, match=message):
        FaceMetric(**settings)


@pytest.mark.parametrize(
    ('bad', 'message'),
    [
        (sample([[0, 1]], [[0]], 'c'), r'images/c.jpg: the label is 1x2 and the prediction 1x1'),
        (sample([[0, 7, 9]], [[0, 0, 0]], 'c'), r'images/c.jpg: .*the ids 7, 9, expected 0 to 2 or 255'),
        (sample([[-1]], [[0]], 'c'), r'images/c.jpg: .*the ids -1'),
        (sample(None, [[0]], 'c'), r'images/c.jpg comes without a label'),
    ],
)
def test_bad_labels_name_the_image(bad, message):
    with pytest.raises(UserError, match=message):
        metric().process(None, [bad])


@pytest.mark.parametrize('highest', [3, 25])
def test_predictions_that_are_no_class_are_neither_scored_nor_written(tmp_path, highest):
    """Of 3 classes: id 3 of label 0 would be counted as class 0 of label 1, id 25 is outside the matrix."""
    m = metric(output_dir=str(tmp_path))
    message = (
        rf'images/c.jpg: the model predicts id {highest}, but the data set has the 3 classes 0 to 2; '
        r'model.decode_head.num_classes must be 3'
    )
    with pytest.raises(UserError, match=message):
        m.process(None, [sample([[0, 1]], [[highest, 1]], 'c')])
    assert not list(tmp_path.iterdir())


def test_two_images_of_one_name_do_not_overwrite_each_other(tmp_path):
    m = metric(output_dir=str(tmp_path))
    other = sample([[0]], [[0]]) | {'img_path': 'others/a.png'}
    with pytest.raises(UserError, match=r'others/a.png and images/a.jpg would both be written to'):
        m.process(None, [sample([[0]], [[1]]), other])


def test_a_class_id_beyond_a_byte_is_not_wrapped(tmp_path):
    m = metric(classes=tuple(map(str, range(300))), output_dir=str(tmp_path), format_only=True)
    with pytest.raises(UserError, match='class id 299 does not fit'):
        m.process(None, [sample(None, [[299]])])


@pytest.mark.parametrize('size', [1, 3])
def test_a_sampler_that_misses_or_repeats_images_is_named(size):
    m = metric()
    m.process(None, [*SAMPLES, SAMPLES[0], SAMPLES[0]][: 4 if size == 1 else 2])
    with pytest.raises(UserError, match=rf'images were scored but the data set has {size}: .*DefaultSampler'):
        m.evaluate(size)


def test_classes_of_a_known_label_space_get_their_titles():
    m = metric(classes=LAPA.classes, iou_metrics='mIoU')
    m.dataset_meta = {'classes': LAPA.classes}
    m.process(None, SAMPLES)
    m.evaluate(2)
    assert m.summary.titles == LAPA.titles
    assert m.summary.palette == LAPA.palette
    assert m.summary.protocol.label_space == 'lapa'


def test_the_statement_says_that_labels_were_resized():
    m = metric()
    m.process(None, [{**SAMPLES[0], 'label_shape': (4, 6)}, {**SAMPLES[1], 'label_shape': (8, 6)}])
    m.evaluate(2)
    assert m.summary.statement().startswith(
        "Protocol: 2 images scored at the network's resolution (height x width 1-2x2-3), labels of 4-8x6 resized to "
        'it (nearest pixel); '
    )
    assert m.summary.to_dict()['protocol']['labels_resized_from'] == [[4, 8], [6, 6]]
    m.process(None, [{**SAMPLES[0], 'label_shape': (2, 2)}])
    m.evaluate(1)
    assert "the network's resolution (height x width 2x2), that of the labels; " in m.summary.statement()
