"""`facenext data new`: what people have becomes the label maps that were meant, whatever form it was in."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from mmseg_facenext.cli.facenext import main
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError
from mmseg_facenext.utils.read_image import read_labels

HEIGHT, WIDTH = 40, 60
HAIR, LEFT, RIGHT = (2, 2, 50, 12), (12, 20, 20, 26), (40, 20, 48, 26)  # left, top, right, bottom
TRUTH = np.zeros((HEIGHT, WIDTH), np.uint8)
for number, (left, top, right, bottom) in enumerate((HAIR, LEFT, RIGHT), start=1):
    TRUTH[top:bottom, left:right] = number
NAMES = ['hair', 'left_eye', 'right_eye']
COLOURS = [(0, 0, 0), (200, 30, 30), (30, 200, 30), (30, 30, 200)]


def photo(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(str(path))).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(noise).save(path)


def grey(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def label_maps(root):
    for n in range(5):
        photo(root / f'images/{n}.jpg')
        grey(root / f'masks/{n}.png', TRUTH)
    return ['--classes', 'background', *NAMES]


def beside_their_photos(root):
    for n in range(5):
        photo(root / f'face {n}.JPG')
        grey(root / f'face {n}_mask.png', TRUTH)
    (root / 'classes.txt').write_text('\ufeffbackground\n' + '\n'.join(NAMES) + '\n', encoding='utf-8')
    return []


def palette(root):
    for n in range(5):
        photo(root / f'JPEGImages/{n}.jpg')
        image = Image.fromarray(TRUTH)
        image.putpalette([channel for colour in COLOURS for channel in colour])
        (root / 'SegmentationClass').mkdir(exist_ok=True)
        image.save(root / f'SegmentationClass/{n}.png')
    return ['--classes', 'background', *NAMES]


def colours(root):
    """As CVAT's `Segmentation mask` has them."""
    for n in range(5):
        photo(root / f'JPEGImages/{n}.jpg')
        grey(root / f'SegmentationClass/{n}.png', np.array(COLOURS)[TRUTH])
    lines = [f'{name}:{r},{g},{b}::' for name, (r, g, b) in zip(['background', *NAMES], COLOURS, strict=True)]
    (root / 'labelmap.txt').write_text('# label:color_rgb:parts:actions\n' + '\n'.join(lines))
    return []


def part_files(root):
    for n in range(5):
        photo(root / f'photos/{n}.jpg')
        for label, name in enumerate(NAMES, start=1):
            grey(root / f'parts/{n:05d}_{name}.png', 255 * (label == TRUTH))
    return []


def part_folders(root):
    for n in range(5):
        photo(root / f'photos/{n}.jpg')
        for label, name in enumerate(NAMES, start=1):
            grey(root / f'masks/{name}/{n}.png', np.repeat(255 * (label == TRUTH)[..., None], 3, axis=2))
    return []


def labelme(root):
    """Rectangles as LabelMe writes them; it has no background."""
    for n in range(5):
        photo(root / f'{n}.jpg')
        shapes = [
            dict(label=name, points=[box[:2], box[2:]], shape_type='rectangle')
            for name, box in zip(NAMES, (HAIR, LEFT, RIGHT), strict=True)
        ]
        told = dict(shapes=shapes, imagePath=f'{n}.jpg', imageHeight=HEIGHT, imageWidth=WIDTH, imageData=None)
        (root / f'{n}.json').write_text(json.dumps(told))
    return []


def coco_file(root):
    """Compressed and plain run lengths, by COCO's own tools."""
    images, annotations = [], []
    for n in range(5):
        photo(root / f'images/{n}.jpg')
        images.append(dict(id=100 + n, file_name=f'{n}.jpg', height=HEIGHT, width=WIDTH))
        for label in (3, 1, 2):
            mask = np.asfortranarray(label == TRUTH)
            packed = coco.encode(mask.astype(np.uint8))
            runs = np.diff(np.flatnonzero(np.diff(np.r_[-1, mask.ravel(order='F'), -1].astype(int))))
            plain = dict(size=[HEIGHT, WIDTH], counts=runs.tolist())  # the first pixel is no part of any
            compressed = dict(size=[HEIGHT, WIDTH], counts=packed['counts'].decode())
            annotations.append(
                dict(image_id=100 + n, category_id=10 * label, segmentation=compressed if n % 2 else plain,
                     area=int(mask.sum()))
            )  # fmt: skip
    categories = [dict(id=10 * label, name=name) for label, name in enumerate(NAMES, start=1)]
    told = dict(images=images, annotations=annotations, categories=categories)
    (root / 'instances.json').write_text(json.dumps(told))
    return []


def cvat(root):
    """A box, a polygon and a mask in runs along its rows."""
    lines = ['<annotations><meta><job><labels>']
    lines += [f'<label><name>{name}</name><color>#10{n}030</color></label>' for n, name in enumerate(NAMES)]
    lines.append('</labels></job></meta>')
    for n in range(5):
        photo(root / f'images/{n}.jpg')
        left, top, right, bottom = LEFT
        corners = f'{left},{top};{right - 1},{top};{right - 1},{bottom - 1};{left},{bottom - 1}'
        wide, high = RIGHT[2] - RIGHT[0], RIGHT[3] - RIGHT[1]
        lines += [
            f'<image id="{n}" name="{n}.jpg" width="{WIDTH}" height="{HEIGHT}">',
            '<box label="hair" xtl="2" ytl="2" xbr="50" ybr="12" z_order="0"/>',
            f'<polygon label="left_eye" points="{corners}" z_order="0"/>',
            f'<mask label="right_eye" rle="0, {wide * high}" left="{RIGHT[0]}" top="{RIGHT[1]}" width="{wide}" '
            f'height="{high}" z_order="1"/></image>',
        ]
    (root / 'annotations.xml').write_text('\n'.join([*lines, '</annotations>']))
    return []


FORMS = [
    label_maps,
    beside_their_photos,
    palette,
    colours,
    part_files,
    part_folders,
    labelme,
    coco_file,
    cvat,
]


@pytest.fixture
def made(tmp_path, monkeypatch, capsys):
    """Run the command on what a function writes; return the folder of the data set and what was said."""
    monkeypatch.chdir(tmp_path)

    def make(form, *options):
        (tmp_path / 'mine').mkdir()
        words = form(tmp_path / 'mine')
        main(['data', 'new', 'mine', *words, *options])
        return tmp_path / 'data/mine', capsys.readouterr().out

    return make


@pytest.mark.parametrize('form', FORMS)
def test_every_form_gives_the_labels_that_were_meant(made, form):
    root, said = made(form)
    told = json.loads((root / 'dataset.json').read_text())
    assert sorted(told['classes']) == sorted(['background', *NAMES])
    assert told['flip_pairs'] == [['left_eye', 'right_eye']]
    meant = np.array([told['classes'].index(name) for name in ('background', *NAMES)])[TRUTH]
    names = (root / 'train.txt').read_text().split('\n')[:-1] + (root / 'val.txt').read_text().split('\n')[
        :-1
    ]
    assert len(names) == 5
    for name in names:
        assert (read_labels(root / f'labels/{name}.png') == meant).all()
        assert len(list((root / 'photos').glob(f'{name}.*'))) == 1
    assert (root / 'contact_sheet.jpg').stat().st_size > 1000
    assert '5 photos' in said
    if form in (palette, colours):
        assert [tuple(colour) for colour in told['palette']] == COLOURS


def test_merges_ignored_classes_pairs_and_splits(made, tmp_path):
    """`eyes` and nothing else, hair does not count, and a list says what is for what."""
    (tmp_path / 'split.csv').write_text('photo,split\n0.jpg,train\n1.jpg,val\n2.jpg,test\n3.jpg,train\n')
    options = ('--merge', 'eyes=left_eye+right_eye', '--ignore', 'hair', '--split', 'split.csv')
    root, said = made(part_files, *options)
    meant = np.array([0, 255, 1, 1])[TRUTH]
    assert (read_labels(root / 'labels/0.png') == meant).all()
    assert [(root / f'{split}.txt').read_text().split() for split in ('train', 'val', 'test')] == [
        ['0', '3'],
        ['1'],
        ['2'],
    ]
    assert '1 photos in none of them are left out' in said
    assert 'not counted: hair' in said


def test_overlapping_parts_are_painted_in_the_order_given(made, tmp_path):
    def nested(root):
        photo(root / 'photos/0.jpg')
        photo(root / 'photos/1.jpg')
        for n in range(2):
            grey(root / f'masks/{n}_face.png', np.full((HEIGHT, WIDTH), 255))
            grey(root / f'masks/{n}_eye.png', 255 * (TRUTH == 2))
        return []

    root, _ = made(nested)  # the smaller one lies on top
    assert json.loads((root / 'dataset.json').read_text())['classes'] == ['background', 'face', 'eye']
    assert (read_labels(root / 'labels/0.png') == np.where(TRUTH == 2, 2, 1)).all()
    main(['data', 'new', 'mine', '--classes', 'eye', 'face'])
    assert (read_labels(root / 'labels/0.png') == 2).all()


def test_masks_of_0_and_255_and_photos_of_another_shape(made):
    def binary(root):
        for n in range(4):
            photo(root / f'images/{n}.png')
            grey(root / f'masks/{n}.png', 255 * (TRUTH > 0) if n else np.zeros((HEIGHT, HEIGHT)))
        photo(root / 'images/alone.png')
        return ['--classes', '0=background', '255=face']

    root, said = made(binary)
    assert (read_labels(root / 'labels/1.png') == (TRUTH > 0)).all()
    assert 'alone.png: no mask' in said
    assert 'sizes may differ, proportions may not' in said
    assert not (root / 'labels/0.png').exists()


def test_the_config_trains_from_the_packaged_weights(made):
    """It loads, names the classes, has their number, and every key in it is one that something reads."""
    root, _ = made(label_maps, '--freeze', '--iterations', '40')
    cfg = load_config(root / 'mine.py')
    assert cfg.model.decode_head.num_classes == 4
    assert cfg.frozen == ['backbone']
    assert cfg.load_from == 'face_parser'
    assert cfg.train_dataloader.dataset.metainfo.classes == ['background', *NAMES]
    assert cfg.train_cfg.max_iters == 40


def test_what_cannot_be_understood_is_said(made, tmp_path):
    def nothing(root):
        photo(root / 'a.jpg')
        return []

    with pytest.raises(
        UserError, match=r'1 photos and 0 masks in mine; say where they are: --images DIR --masks DIR'
    ):
        made(nothing)
    grey(tmp_path / 'mine/a_hair.png', 255 * (TRUTH == 1))
    with pytest.raises(UserError, match='--merge eyes=nose: no class nose; there are background, hair'):
        main(['data', 'new', 'mine', '--merge', 'eyes=nose'])


def test_smoothed_masks_take_the_nearest_value(made):
    """Masks resized with smoothing have all values between 0 and 255 along their borders."""

    def smooth(root):
        for n in range(3):
            photo(root / f'images/{n}.jpg')
            (root / 'masks').mkdir(exist_ok=True)
            large = Image.fromarray(np.where(TRUTH == 1, 255, 0).astype(np.uint8)).resize((1200, 800))
            large.save(root / f'masks/{n}.png')
        return []

    root, said = made(smooth)
    assert 'the nearest is taken' in said
    found = read_labels(root / 'labels/0.png')[10::20, 10::20]  # middles of the former pixels
    assert (found == (TRUTH == 1)).all()


def test_masks_of_a_photo_that_exif_turns(made):
    """Labels of the stored pixels are turned as the photo is: 6 means a quarter to the right."""

    def turned(root):
        for n in range(3):
            photo(root / f'images/{n}.jpg')
            image = Image.open(root / f'images/{n}.jpg')
            exif = image.getexif()
            exif[0x0112] = 6
            image.save(root / f'images/{n}.jpg', exif=exif)
            grey(root / f'masks/{n}.png', TRUTH)
        return []

    root, _ = made(turned)
    assert (read_labels(root / 'labels/0.png') == np.rot90(TRUTH, -1)).all()


def test_masks_saved_as_jpeg(made):
    def lossy(root):
        for n in range(3):
            photo(root / f'images/{n}.jpg')
            (root / 'masks').mkdir(exist_ok=True)
            Image.fromarray(np.array([0, 255, 120, 120], np.uint8)[TRUTH]).save(
                root / f'masks/{n}.jpg', quality=90
            )
        return ['--classes', '0=background', '255=hair', '120=eyes']

    root, said = made(lossy)
    assert 'the nearest is taken' in said
    assert (read_labels(root / 'labels/0.png') == np.array([0, 1, 2, 2])[TRUTH]).mean() > 0.98
