from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParsing
from mmseg_facenext.taxonomy import CELEBAMASK_HQ


@pytest.fixture
def parsing():
    labels = np.zeros((10, 20), np.uint8)
    labels[:, 5:10] = CELEBAMASK_HQ.index('skin')
    labels[:5, 10:12] = CELEBAMASK_HQ.index('l_eye')
    return FaceParsing(np.full((10, 20, 3), 100, np.uint8), labels, CELEBAMASK_HQ, Path('pictures/me.jpg'))


def test_classes_and_fractions(parsing):
    assert parsing.found == ('background', 'skin', 'l_eye')
    assert parsing.classes[parsing.labels[0, 10]] == 'l_eye'
    assert parsing.fractions == {'background': 140 / 200, 'skin': 50 / 200, 'l_eye': 10 / 200}


def test_mask(parsing):
    assert parsing.mask('skin').sum() == 50
    assert parsing.mask('skin', 'left eye').sum() == parsing.mask('skin', 'l_eye').sum() == 60
    assert parsing.mask('hat').dtype == bool
    assert not parsing.mask('hat').any()
    with pytest.raises(UserError, match=r"no class 'beard'"):
        parsing.mask('beard')


def test_another_label_space(parsing):
    parsing.labels[9, 19] = CELEBAMASK_HQ.index('hat')
    segface = parsing.in_label_space('celebamask_hq_segface')
    assert segface.found == ('background', 'skin', 'l_eye', 'hat')
    assert segface.labels[0, 7] == 2  # skin comes after neck there
    np.testing.assert_array_equal(segface.in_label_space('celebamask_hq').labels, parsing.labels)
    lapa = parsing.in_label_space('lapa')
    assert lapa.mask('skin').sum() == 50
    assert lapa.labels[9, 19] == 0  # LaPa knows no hats
    with pytest.raises(UserError, match='unknown label space'):
        parsing.in_label_space('celeba')


def test_overlay_blends(parsing):
    overlay = parsing.overlay(opacity=0.5)
    skin = CELEBAMASK_HQ.palette[1]
    assert overlay[5, 7].tolist() == pytest.approx([(100 + channel) / 2 for channel in skin], abs=1)
    assert (overlay[:, 12:] == 100).all()
    np.testing.assert_array_equal(parsing.overlay(opacity=0), parsing.image)
    assert tuple(parsing.coloured()[5, 7]) == skin


@pytest.mark.parametrize('opacity', [-0.1, 1.01, float('nan')])
def test_opacity(parsing, opacity):
    for draw in (parsing.overlay, parsing.figure):
        with pytest.raises(UserError, match='opacity must lie between 0'):
            draw(opacity)


def test_save(parsing, tmp_path):
    picture, labels = parsing.save(tmp_path / 'new')
    assert [picture.name, labels.name] == ['me_faces.jpg', 'me_faces_labels.png']
    with Image.open(labels) as written:
        assert written.mode == 'L'
        np.testing.assert_array_equal(np.asarray(written), parsing.labels)
    with Image.open(picture) as written:
        assert np.abs(np.asarray(written).astype(int) - parsing.overlay()).mean() < 8  # JPEG
    assert {file.name for file in (tmp_path / 'new').iterdir()} == {picture.name, labels.name}


@pytest.mark.parametrize(
    ('name', 'message'), [('x.txt', 'ends in .png'), ('folder', 'is a folder'), ('file/x.png', 'is a file')]
)
def test_save_as_refuses(parsing, tmp_path, name, message):
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match=message):
        parsing.save_as(tmp_path / name)


def test_merged_classes(parsing):
    merged = parsing.merged(face=('skin', 'l_eye', 'r_eye'), hair='hair')
    assert merged.classes[:3] == ('background', 'face', 'nose')
    assert len(merged.classes) == 17
    assert merged.found == ('background', 'face')
    np.testing.assert_array_equal(merged.mask('face'), parsing.mask('skin', 'l_eye'))
    assert tuple(merged.coloured()[5, 7]) == CELEBAMASK_HQ.palette[1]
    with pytest.raises(UserError, match='class nose already'):
        parsing.merged(nose=('skin', 'l_eye'))
    with pytest.raises(UserError, match='one group'):
        parsing.merged(a=('skin', 'nose'), b='skin')


def test_coco_polygons_are_the_masks(parsing):
    """Drawn by Pillow; the skin with a hole in it is written as run lengths."""
    parsing.labels[7, 7] = 0
    coco = parsing.to_coco()
    assert coco['images'] == [{'id': 1, 'file_name': 'me.jpg', 'width': 20, 'height': 10}]
    skin, eye = coco['annotations']
    names = {each['id']: each['name'] for each in coco['categories']}
    assert [names[skin['category_id']], names[eye['category_id']]] == ['skin', 'l_eye']
    assert [eye['bbox'], eye['area'], eye['face']] == [[10, 0, 2, 5], 10, 1]
    assert eye['segmentation'] == [[10, 0, 10, 5, 12, 5, 12, 0]]
    assert [skin['iscrowd'], skin['area'], skin['segmentation']['size']] == [1, 49, [10, 20]]
    runs = np.repeat(np.arange(len(skin['segmentation']['counts'])) % 2, skin['segmentation']['counts'])
    np.testing.assert_array_equal(runs.reshape(20, 10).T, parsing.mask('skin'))


def test_pictures_with_transparency_and_palette(parsing):
    cut = np.asarray(parsing.cutout('skin', soft=False))
    np.testing.assert_array_equal(cut[..., 3], 255 * parsing.mask('skin'))
    np.testing.assert_array_equal(cut[..., :3], parsing.image)
    palette = parsing.palette_image()
    np.testing.assert_array_equal(np.asarray(palette), parsing.labels)
    np.testing.assert_array_equal(np.asarray(palette.convert('RGB')), parsing.coloured())


def test_what_labels_alone_cannot_tell(parsing):
    assert len(repr(parsing)) < 120
    for ask in (lambda: parsing.matte('skin'), lambda: parsing.probabilities):
        with pytest.raises(UserError, match='made of labels alone'):
            ask()
    with pytest.raises(UserError, match='no face 1'):
        parsing.crop()
