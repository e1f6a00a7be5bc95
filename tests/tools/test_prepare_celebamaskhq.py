import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.cli.run import run_tool
from mmseg_facenext.datasets.celebamask_hq import merge_folder
from mmseg_facenext.datasets.celebamask_hq.dataset import CelebAMaskHQDataset
from mmseg_facenext.errors import UserError

TOOL = Path(__file__).parents[2] / 'tools' / 'prepare_celebamaskhq.py'
sys.path.insert(0, str(TOOL.parent))

import prepare_celebamaskhq as tool  # noqa: E402

COUNT = 6
# skin everywhere, neck over it in the lower row: 1 and 17 in the data set's order, 2 wins over 1 in SegFace's
LABELS = [[1, 1], [17, 17]]
SEGFACE_LABELS = [[2, 2], [2, 2]]


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(pixels, np.uint8)).save(path)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / 'data'
    for n in range(COUNT):
        save(root / 'CelebA-HQ-img' / f'{n}.jpg', np.zeros((4, 4, 3)))
        save(root / 'CelebAMask-HQ-mask-anno' / '0' / f'{n:05d}_skin.png', np.full((2, 2), 255))
        save(root / 'CelebAMask-HQ-mask-anno' / '0' / f'{n:05d}_neck.png', [[0, 0], [255, 255]])
    (root / 'list_eval_partition.txt').write_text('00000 0\n00001 0\n00002 0\n00003 0\n00004 1\n00005 2\n')
    return root


def prepare(root, *arguments):
    tool.main([str(root), '--workers', '1', *(arguments or ('--split-source', 'none'))])


def label_maps(folder):
    return {path.name: np.array(Image.open(path)).tolist() for path in sorted(folder.glob('*.png'))}


def written(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / 'CelebA-HQ-mask').glob('*.png')}


@pytest.mark.parametrize('workers', ['1', '2'])
def test_all_photos_are_merged(root, workers, capsys):
    tool.main([str(root), '--split-source', 'none', '--workers', workers])
    assert label_maps(root / 'CelebA-HQ-mask') == {f'{n}.png': LABELS for n in range(COUNT)}
    assert f'{COUNT} label maps in {root / "CelebA-HQ-mask"} (no splits)' in capsys.readouterr().out


def test_data_set_reads_the_result(root):
    prepare(root, '--split-source', 'official')
    dataset = CelebAMaskHQDataset(
        str(root), split_source='{split}_split.txt', pipeline=[dict(type='LoadFaceLabels')]
    )
    assert dataset.layout == 'merged'
    assert [dataset[i]['gt_seg_map'].tolist() for i in range(len(dataset))] == [LABELS] * 4


def test_splits_are_written_where_the_source_has_them(root):
    prepare(root, '--split-source', 'official')
    assert (root / 'train_split.txt').read_text() == '0\n1\n2\n3\n'
    assert (root / 'val_split.txt').read_text() == '4\n'
    assert (root / 'test_split.txt').read_text() == '5\n'
    prepare(root, '--label-space', 'celebamask_hq')  # takes the split files that are there
    (root / 'val_split.txt').write_text('3\n')
    with pytest.raises(UserError, match=r"1 id \(3\) both in split 'train' and in 'val'"):
        prepare(root, '--label-space', 'celebamask_hq')


def test_other_folder_and_order(root, tmp_path):
    out = tmp_path / 'segface'
    prepare(root, '--out', str(out), '--label-space', 'celebamask_hq_segface', '--split-source', 'official')
    assert label_maps(out / 'CelebA-HQ-mask')['0.png'] == SEGFACE_LABELS
    assert not (root / 'CelebA-HQ-mask').exists()
    dataset = CelebAMaskHQDataset(
        str(out),
        split_source='{split}_split.txt',
        label_space='celebamask_hq_segface',
        pipeline=[dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')],
    )
    assert dataset[0]['gt_seg_map'].tolist() == SEGFACE_LABELS
    with pytest.raises(
        UserError, match=r"holds labels in label space 'celebamask_hq_segface', not 'celebamask_hq'"
    ):
        prepare(root, '--out', str(out), '--split-source', 'none')


@pytest.mark.parametrize('stale', ['celebamask_hq_segface\n', ''])
def test_marker_of_a_run_without_results_does_not_name_the_new_ones(root, stale):
    (root / 'CelebA-HQ-mask').mkdir()
    (root / 'CelebA-HQ-mask' / 'label_space.txt').write_text(stale)
    prepare(root, '--split-source', 'official')
    dataset = CelebAMaskHQDataset(
        str(root), split_source='{split}_split.txt', layout='merged', pipeline=[dict(type='LoadFaceLabels')]
    )
    assert dataset[0]['gt_seg_map'].tolist() == LABELS
    assert not list((root / 'CelebA-HQ-mask').glob('.*'))


def test_second_run_does_only_what_is_missing_or_changed(root):
    prepare(root)
    first = written(root)
    (root / 'CelebA-HQ-mask' / '2.png').unlink()
    save(root / 'CelebAMask-HQ-mask-anno' / '0' / '00003_hat.png', [[255, 0], [0, 0]])
    prepare(root)
    second = written(root)
    assert {name for name in first if first[name] != second[name]} == {'2.png', '3.png'}
    assert label_maps(root / 'CelebA-HQ-mask')['3.png'] == [[14, 1], [17, 17]]


def test_bad_images_are_listed_at_the_end_and_the_others_done(root, capsys):
    photo = root / 'CelebA-HQ-img' / '1.jpg'
    photo.write_bytes(photo.read_bytes()[:-30])
    for mask in (root / 'CelebAMask-HQ-mask-anno' / '0').glob('00004_*'):
        mask.unlink()
    save(root / 'CelebA-HQ-img' / '5.jpg', np.zeros((4, 9, 3)))
    with pytest.raises(SystemExit) as stop:
        run_tool(lambda: prepare(root))
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert 'image 1: ' in said
    assert '1.jpg is truncated or damaged' in said
    assert '4.jpg has no part mask at all' in said
    assert '5.jpg is 9x4, but its labels are 2x2' in said
    assert 'error: 3 of 6 images have no label map (see above)' in said
    assert set(label_maps(root / 'CelebA-HQ-mask')) == {'0.png', '2.png', '3.png'}


def test_label_maps_of_somebody_else_are_left_alone(root):
    save(root / 'CelebA-HQ-mask' / '0.png', [[9, 9], [9, 9]])
    with pytest.raises(
        UserError, match=r'0.png was not made by this tool and is not replaced; choose another --out'
    ):
        prepare(root)
    assert label_maps(root / 'CelebA-HQ-mask') == {'0.png': [[9, 9], [9, 9]]}


def test_interrupted_run_says_how_far_it_is(root, capsys, monkeypatch):
    merge_one = merge_folder.merge_one
    seen: list[object] = []

    def interrupted_at_the_third(job):
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(job)
        return merge_one(job)

    monkeypatch.setattr(merge_folder, 'merge_one', interrupted_at_the_third)
    with pytest.raises(SystemExit) as stop:
        prepare(root)
    assert stop.value.code == 130
    assert 'stopped at 2 of 6; run the same command again to go on from there' in capsys.readouterr().err
    assert set(label_maps(root / 'CelebA-HQ-mask')) == {'0.png', '1.png'}
    monkeypatch.undo()
    before = written(root)
    prepare(root)
    assert len(written(root)) == COUNT
    assert before.items() <= written(root).items()


def test_ctrl_c_in_a_terminal(root):
    for n in range(COUNT, 1500):  # more than are done before the signal comes
        for path in list(root.glob('*/0.jpg')) + list(root.glob('*/0/00000_*')):
            os.link(
                path, path.with_name(path.name.replace('00000_', f'{n:05d}_').replace('0.jpg', f'{n}.jpg'))
            )
    command = [sys.executable, str(TOOL), str(root), '--split-source', 'none', '--workers', '2']
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # what a shell starts in the background ignores the signal, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    target = root / 'CelebA-HQ-mask'
    while process.poll() is None and not (target.is_dir() and any(target.glob('[0-9]*.png'))):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the parent and its workers
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert 'stopped at' in said
    assert 'Traceback' not in said
    assert not list(target.glob('.*'))
    for path in target.glob('*.png'):
        Image.open(path).load()


@pytest.mark.parametrize(
    ('missing', 'message'),
    [
        ('CelebA-HQ-img', 'CelebA-HQ-img with the photos'),
        ('CelebAMask-HQ-mask-anno', 'mask-anno with the part masks'),
    ],
)
def test_missing_folders_are_named(root, missing, message):
    (root / missing).rename(root / 'elsewhere')
    with pytest.raises(UserError, match=rf'no folder .*{message}; '):
        prepare(root)


def test_rule_for_30000_images_does_not_fit_a_small_tree(root):
    with pytest.raises(UserError, match='it is the rule for the complete 30,000 images'):
        prepare(root, '--split-source', 'faceparser')


def test_too_little_space_is_noticed_before_the_work(root, monkeypatch):
    monkeypatch.setattr(merge_folder.shutil, 'disk_usage', lambda path: type('Usage', (), {'free': 20_000}))
    with pytest.raises(
        UserError, match=r'has 0 MB left, but up to 0 MB are needed; free some space or choose'
    ):
        prepare(root)
    assert not written(root)


def test_full_disk_is_one_line_and_leaves_nothing_half_written(root, monkeypatch, capsys):
    def full(self, path, **kwargs):
        path.write_bytes(b'half')
        raise OSError(28, 'No space left on device', str(path))

    monkeypatch.setattr(Image.Image, 'save', full)
    with pytest.raises(SystemExit) as stop:
        run_tool(lambda: prepare(root))
    assert stop.value.code == 1
    assert 'the disk is full: free some space' in capsys.readouterr().err.splitlines()[-1]
    assert not written(root)


def test_masks_in_an_unknown_layout_are_one_line(root):
    parts = root / 'CelebAMask-HQ-mask-anno'
    (parts / '0').rename(parts / 'zero')
    with pytest.raises(UserError, match=rf'no part mask <id // 2000>.* in {parts} for any of the 6 images'):
        prepare(root)
    assert not (root / 'CelebA-HQ-mask').exists()


def test_of_many_bad_images_the_first_are_listed(root, capsys, monkeypatch):
    monkeypatch.setattr('mmseg_facenext.cli.commands.data.prepare.SHOWN_PROBLEMS', 2)
    for n in range(3):
        (root / 'CelebA-HQ-img' / f'{n}.jpg').write_bytes(b'no photo')
    with pytest.raises(UserError, match=r'3 of 6 images have no label map \(the first 2 above\)'):
        prepare(root)
    said = capsys.readouterr().err
    assert '0.jpg is not an image' in said
    assert '1.jpg is not an image' in said
    assert '2.jpg' not in said


@pytest.mark.parametrize(
    ('source', 'message'),
    [
        ('{split}_gone.txt', r'no split file .*\{split\}_gone\.txt: looked for train, val, test'),
        (None, 'cannot read split file .*train_split.txt'),  # a folder of that name
    ],
)
def test_split_files_that_are_none(root, source, message):
    (root / 'train_split.txt').mkdir()
    with pytest.raises(UserError, match=message):
        prepare(root, *(['--split-source', source] if source else ['--label-space', 'celebamask_hq']))


def test_workers_must_be_some(root, capsys):
    with pytest.raises(SystemExit) as stop:
        prepare(root, '--workers', '0')
    assert stop.value.code == 2
    assert '--workers must be at least 1, got 0' in capsys.readouterr().err


def test_small_tree_without_split_files_gets_none(root, capsys):
    prepare(root, '--label-space', 'celebamask_hq')
    assert '(no splits)' in capsys.readouterr().out
    assert not list(root.glob('*_split.txt'))


def test_out_must_be_a_folder(root):
    with pytest.raises(
        UserError, match=r'cannot make folder .*list_eval_partition.txt.*; choose another --out'
    ):
        prepare(root, '--out', str(root / 'list_eval_partition.txt'), '--split-source', 'none')
