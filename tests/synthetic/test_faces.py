import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.synthetic.drawing import Part
from mmseg_facenext.synthetic.faces import (
    draw_face,
    draw_sheet,
    face_rng,
    write_celebamask_tree,
    write_sheet,
)
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

# fmt: off
ORDER = (
    'skin', 'nose', 'eye_g', 'l_eye', 'r_eye', 'l_brow', 'r_brow', 'l_ear', 'r_ear',
    'mouth', 'u_lip', 'l_lip', 'hair', 'hat', 'ear_r', 'neck_l', 'neck', 'cloth',
)
# fmt: on


@pytest.fixture(scope='module')
def faces():
    return [draw_face(face_rng(0, n), 96) for n in range(60)]


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('faces')
    write_celebamask_tree(root, 4, seed=3, image_size=96, mask_size=64, val_count=1, workers=1)
    return root


def merge_by_hand(root, n, size):
    labels = np.zeros((size, size), np.uint8)
    for label, part in enumerate(ORDER, start=1):
        path = root / 'CelebAMask-HQ-mask-anno' / '0' / f'{n:05d}_{part}.png'
        if path.exists():
            mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            assert set(np.unique(mask)) == {0, 255}
            labels[mask > 0] = label
    return labels


def contents(root):
    return {p.relative_to(root): p.read_bytes() for p in root.rglob('*') if p.is_file()}


def test_parts_are_numbered_as_in_the_label_space():
    assert [part.name.lower() for part in Part] == list(CELEBAMASK_HQ.classes)
    assert [part.value for part in Part] == list(range(19))


def test_the_same_seed_draws_the_same_face():
    first, second = (draw_face(np.random.default_rng(5), 64) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_image_and_labels_have_the_promised_form():
    image, labels = draw_face(np.random.default_rng(0), 100)
    assert image.shape == (100, 100, 3)
    assert labels.shape == (100, 100)
    assert image.dtype == labels.dtype == np.uint8


def test_a_seed_is_the_same_person_at_every_size():
    for n in range(5):
        _, small = draw_face(face_rng(1, n), 128)
        _, large = draw_face(face_rng(1, n), 384)
        assert (large[1::3, 1::3] == small).mean() > 0.95


def test_every_class_occurs_often_and_large_enough_to_be_seen(faces):
    seen = np.zeros(19, int)
    for _, labels in faces:
        seen += np.bincount(labels.ravel(), minlength=19) > 0
    assert (seen >= len(faces) // 10).all(), dict(zip(CELEBAMASK_HQ.classes, seen, strict=True))


def test_left_is_the_subjects_left(faces):
    for _, labels in faces:
        columns = {part: np.nonzero(labels == part)[1] for part in (Part.L_EYE, Part.R_EYE)}
        if all(len(found) for found in columns.values()):
            assert columns[Part.L_EYE].mean() > columns[Part.R_EYE].mean()


def test_faces_differ(faces):
    centres = [np.argwhere(labels == Part.NOSE).mean(0) for _, labels in faces]
    assert np.std(centres, axis=0).min() > 2
    assert np.std([image.mean() for image, _ in faces]) > 10


def test_part_masks_merge_into_the_drawn_labels(tree):
    for n in range(4):
        _, drawn = draw_face(face_rng(3, n), 96)
        wanted = cv2.resize(drawn, (64, 64), interpolation=cv2.INTER_NEAREST_EXACT)
        np.testing.assert_array_equal(merge_by_hand(tree, n, 64), wanted)


def test_the_skin_mask_runs_on_under_the_features(tree):
    folder = tree / 'CelebAMask-HQ-mask-anno' / '0'
    skin, nose = (cv2.imread(str(folder / f'00000_{part}.png'), 0) for part in ('skin', 'nose'))
    assert (skin[nose > 0] > 0).all()


def test_tree_has_images_splits_and_recipe(tree):
    image = cv2.imread(str(tree / 'CelebA-HQ-img' / '3.jpg'))
    assert image.shape == (96, 96, 3)
    assert (tree / 'train_split.txt').read_text().split() == ['0', '1', '2']
    assert (tree / 'val_split.txt').read_text().split() == ['3']
    assert json.loads((tree / 'synthetic.json').read_text())['seed'] == 3


def test_workers_do_not_change_the_result(tree, tmp_path):
    write_celebamask_tree(tmp_path, 4, seed=3, image_size=96, mask_size=64, val_count=1, workers=2)
    assert contents(tmp_path) == contents(tree)


def test_goes_on_where_it_was_stopped(tmp_path):
    arguments = dict(seed=1, image_size=64, mask_size=64, workers=1)
    write_celebamask_tree(tmp_path, 3, **arguments)
    whole = contents(tmp_path)
    (tmp_path / 'CelebA-HQ-img' / '1.jpg').unlink()
    calls = []
    drawn = write_celebamask_tree(tmp_path, 3, **arguments, progress=lambda *call: calls.append(call))
    assert drawn == 1
    assert calls == [(3, 3)]
    assert contents(tmp_path) == whole


def test_a_larger_count_extends_the_folder(tmp_path):
    arguments = dict(seed=1, image_size=64, mask_size=64, workers=1)
    write_celebamask_tree(tmp_path / 'grown', 2, **arguments)
    assert write_celebamask_tree(tmp_path / 'grown', 4, **arguments) == 2
    write_celebamask_tree(tmp_path / 'at_once', 4, **arguments)
    assert contents(tmp_path / 'grown') == contents(tmp_path / 'at_once')


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(count=1), 'cannot draw 1 faces: give 2 to 100000'),
        (dict(val_count=4), 'cannot hold out 4 of 4 faces: give 1 to 3'),
        (dict(val_count=0), 'cannot hold out 0 of 4 faces'),
        (dict(seed=-1), 'seed -1 is negative'),
        (dict(workers=0), 'cannot draw with 0 workers'),
        (dict(image_size=8), 'image size 8 is out of range: give 32 to 4096'),
        (dict(mask_size=10_000), 'mask size 10000 is out of range'),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, wrong, message):
    with pytest.raises(UserError, match=message):
        write_celebamask_tree(tmp_path / 'faces', **{'count': 4, **wrong})
    assert not (tmp_path / 'faces').exists()


def test_other_faces_are_not_mixed_in(tree):
    before = contents(tree)
    arguments = dict(image_size=96, mask_size=64, workers=1)
    with pytest.raises(UserError, match='faces made with seed 3 instead of 4: choose another folder'):
        write_celebamask_tree(tree, 4, seed=4, **arguments)
    with pytest.raises(UserError, match='holds 4 faces, 3 wanted'):
        write_celebamask_tree(tree, 3, seed=3, **arguments)
    assert contents(tree) == before


def test_foreign_folders_and_files_are_left_alone(tmp_path):
    (tmp_path / 'real' / 'CelebA-HQ-img').mkdir(parents=True)
    with pytest.raises(UserError, match='already holds a data set that was not drawn'):
        write_celebamask_tree(tmp_path / 'real', 4)
    (tmp_path / 'file').write_text('text')
    for path in (tmp_path / 'file', tmp_path / 'file' / 'faces'):
        with pytest.raises(UserError, match=rf'cannot make the folder {path}: .*; choose another path'):
            write_celebamask_tree(path, 4)
    (tmp_path / 'broken').mkdir()
    (tmp_path / 'broken' / 'synthetic.json').write_text('{')
    with pytest.raises(UserError, match=r'synthetic\.json cannot be read'):
        write_celebamask_tree(tmp_path / 'broken', 4)


def test_sheet_shows_faces_beside_their_labels():
    sheet = draw_sheet(count=3, size=48, columns=2)
    assert sheet.shape == (2 * 48, 2 * 96, 3)
    image, labels = draw_face(face_rng(0, 1), 48)
    np.testing.assert_array_equal(sheet[:48, 96:144], image)
    np.testing.assert_array_equal(sheet[:48, 144:], np.array(CELEBAMASK_HQ.palette, np.uint8)[labels])


def test_sheet_is_written_as_a_picture_or_refused(tmp_path):
    write_sheet(tmp_path / 'docs' / 'sheet.jpg', count=2, size=48, columns=1)
    assert cv2.imread(str(tmp_path / 'docs' / 'sheet.jpg')).shape == (96, 96, 3)
    with pytest.raises(UserError, match=r'sheet\.txt: name it \.png or \.jpg'):
        write_sheet(tmp_path / 'sheet.txt')


@pytest.fixture(scope='module')
def tool():
    path = Path(__file__).parents[2] / 'tools' / 'make_synthetic_faces.py'
    spec = importlib.util.spec_from_file_location('make_synthetic_faces', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tool_writes_a_folder_and_says_so(tool, tmp_path, capsys):
    root = tmp_path / 'faces'
    tool.main([str(root), '--count', '3', '--image-size', '64', '--val-count', '2', '--workers', '1'])
    assert (root / 'val_split.txt').read_text().split() == ['1', '2']
    assert cv2.imread(str(root / 'CelebAMask-HQ-mask-anno' / '0' / '00000_skin.png')).shape == (512, 512, 3)
    assert '3 faces, 3 of them drawn now' in capsys.readouterr().out


def test_tool_without_anything_to_do_stops(tool, capsys):
    with pytest.raises(SystemExit, match='2'):
        tool.main([])
    assert 'name a folder to write, or --sheet PATH' in capsys.readouterr().err
