"""One, two and three processes must give the same numbers; the processes are real, the backend is gloo."""

import json
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator
from torch.utils.data import DataLoader

from mmseg_facenext.evaluation import FaceMetric

CLASSES = tuple('abcd')
# processes, images, images per batch, sampler pads: with padding, a data set of 5 repeats 1 image on the
# second of two processes and on the third of three, and 2 images on three processes leave one without any
SCENARIOS = [
    (2, 5, 1, True),
    (2, 5, 2, False),
    (3, 5, 2, True),
    (3, 2, 1, True),
    (3, 2, 1, False),
    (3, 1, 1, True),
    (3, 6, 2, True),
]


def images(number):
    """Labels and predictions of other sizes and very different scores, so that each repetition shows."""
    generator = torch.Generator().manual_seed(0)
    for i in range(number):
        label = torch.randint(0, 4, (1, 8 + i, 30 - i), generator=generator)
        hit = torch.rand(label.shape, generator=generator) < (i + 1) / 7
        pred = torch.where(hit, label, torch.randint(0, 4, label.shape, generator=generator))
        label[:, :, :i] = 255
        yield {
            'img_path': f'{i}.jpg',
            'gt_sem_seg': {'data': label},
            'pred_sem_seg': {'data': pred},
        }


def evaluate(number, batch_size=1, round_up=True, output_dir=None):
    """Score as a test loop does, twice, to see that nothing stays from the first time."""
    metric = FaceMetric(output_dir=output_dir)
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = {'classes': CLASSES}
    dataset = list(images(number))
    sampler = DefaultSampler(dataset, shuffle=False, round_up=round_up)
    loader = DataLoader(dataset, batch_size, sampler=sampler, collate_fn=list)
    for _ in range(2):
        for batch in loader:
            evaluator.process(batch)
        results = evaluator.evaluate(number)
    protocol = metric.summary.protocol
    return {
        'results': results,
        'confusion': metric.summary.confusion.tolist(),
        'counts': [protocol.num_images, protocol.ignored_pixels, *protocol.heights, *protocol.widths],
        'processes': protocol.num_processes,
    }


def work(rank, folder):
    torch.set_num_threads(1)
    for i, (processes, *scenario) in enumerate(SCENARIOS):
        if rank < processes:
            store = f'file://{folder}/store{i}'
            limit = timedelta(seconds=60)
            dist.init_process_group('gloo', store, timeout=limit, world_size=processes, rank=rank)
            found = evaluate(*scenario, output_dir=f'{folder}/predictions{i}')
            dist.destroy_process_group()
            (folder / f'{i}.{rank}.json').write_text(json.dumps(found))


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('processes')
    mp.start_processes(work, (folder,), nprocs=3, start_method='fork')  # nothing to import anew
    return folder


@pytest.mark.parametrize('i', range(len(SCENARIOS)), ids=lambda i: '-'.join(map(str, SCENARIOS[i])))
def test_every_process_gives_the_numbers_of_a_single_one(folder, i):
    processes, number, *_ = SCENARIOS[i]
    expected = evaluate(number) | {'processes': processes}
    for rank in range(processes):
        assert json.loads((folder / f'{i}.{rank}.json').read_text()) == expected


@pytest.mark.parametrize('i', range(len(SCENARIOS)), ids=lambda i: '-'.join(map(str, SCENARIOS[i])))
def test_the_processes_together_write_every_prediction(folder, i):
    names = {path.name for path in (folder / f'predictions{i}').iterdir()}
    assert names == {f'{n}.png' for n in range(SCENARIOS[i][1])}


def test_a_single_process_counts_by_hand():
    confusion = [[0] * 4 for _ in range(4)]
    for image in images(5):
        label, pred = image['gt_sem_seg']['data'], image['pred_sem_seg']['data']
        for t, p in zip(label.flatten().tolist(), pred.flatten().tolist(), strict=True):
            if t != 255:
                confusion[t][p] += 1
    found = evaluate(5)
    assert found['confusion'] == confusion
    hits = [confusion[c][c] for c in range(4)]
    unions = [sum(confusion[c]) + sum(row[c] for row in confusion) - hits[c] for c in range(4)]
    iou = [hit / union for hit, union in zip(hits, unions, strict=True)]
    assert found['results']['mIoU'] == pytest.approx(100 * sum(iou) / 4)
    assert found['counts'] == [5, sum(i * (8 + i) for i in range(5)), 8, 12, 26, 30]
