"""What annotation tools export: LabelMe's JSON files, COCO's JSON, CVAT's XML."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ...errors import UserError
from .pictures import SPLIT_WORDS
from .shapes import Item, Shape, circle


def read_json(path: Path) -> Any:
    """Return what is in a JSON file.

    Raises:
        UserError: it is none.
    """
    try:
        return json.loads(path.read_text(encoding='utf-8-sig'))
    except (ValueError, OSError) as error:
        raise UserError(f'{path} cannot be read as JSON: {error}') from None


def is_labelme(content: Any) -> bool:
    return isinstance(content, dict) and 'shapes' in content and 'imagePath' in content


def is_coco(content: Any) -> bool:
    return isinstance(content, dict) and {'images', 'annotations', 'categories'} <= content.keys()


def of_labelme(files: Iterable[tuple[Path, dict]], photos: dict[str, Path]) -> list[Item]:
    """One photo for each file; `imagePath` names it, from the file's folder.

    Args:
        photos: file name to the photo, for those that lie elsewhere.
    """
    items = []
    for path, content in files:
        named = Path(content['imagePath'].replace('\\', '/'))
        photo = path.parent / named
        photo = photo if photo.is_file() else photos.get(named.name, photo)
        shapes = []
        for shape in content['shapes']:
            kind, points = shape.get('shape_type') or 'polygon', shape['points']
            if kind == 'polygon' and len(points) >= 3:
                shapes.append(Shape(shape['label'], 'polygons', [points]))
            elif kind == 'rectangle':
                shapes.append(Shape(shape['label'], 'rectangle', [*points[0], *points[1]]))
            elif kind == 'circle':
                shapes.append(Shape(shape['label'], 'ellipse', circle(points)))
        size = (content['imageHeight'], content['imageWidth']) if content.get('imageHeight') else None
        items.append(Item(photo.stem, photo, shapes=shapes, size=size))
    return items


def of_coco(path: Path, content: dict, photos: dict[str, Path]) -> tuple[list[Item], list[str]]:
    """Return items and the names of the categories; larger regions lie below smaller ones."""
    names = {category['id']: str(category['name']) for category in content['categories']}
    shapes: dict[Any, list[tuple[float, Shape]]] = {}
    for annotation in content['annotations']:
        segmentation = annotation.get('segmentation')
        if not segmentation:
            continue
        kind = 'rle' if isinstance(segmentation, dict) else 'polygons'
        if annotation['category_id'] not in names:
            raise UserError(
                f'{path}: an annotation has category_id {annotation["category_id"]}, which is no category'
            )
        shape = Shape(names[annotation['category_id']], kind, segmentation)
        shapes.setdefault(annotation['image_id'], []).append((annotation.get('area') or 0, shape))
    items = []
    for image in content['images']:
        named = Path(image['file_name'].replace('\\', '/'))
        photo = photos.get(named.name) or path.parent / named
        found = sorted(shapes.get(image['id'], []), key=lambda pair: -pair[0])
        size = (image['height'], image['width']) if image.get('height') else None
        items.append(Item(named.stem, photo, shapes=[shape for _, shape in found], size=size))
    return items, list(names.values())


def of_cvat(path: Path, photos: dict[str, Path]) -> tuple[list[Item], list[str], dict[str, str]]:
    """Return items, labels in the order of the task, and their colours (`#rrggbb`), of `CVAT for images 1.1`.

    Raises:
        UserError: the file is no XML.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError) as error:
        raise UserError(f'{path} cannot be read as XML: {error}') from None
    labels = {str(label.findtext('name')): label.findtext('color') or '' for label in root.iter('label')}
    items = []
    for image in root.iter('image'):
        named = Path(str(image.get('name')).replace('\\', '/'))
        found = [(int(each.get('z_order') or 0), _of_cvat(each)) for each in image]
        shapes = [shape for _, shape in sorted(found, key=lambda pair: pair[0]) if shape]
        size = (int(float(image.get('height', 0))), int(float(image.get('width', 0))))
        photo = photos.get(named.name) or path.parent / 'images' / named
        split = SPLIT_WORDS.get(str(image.get('subset')).lower())
        items.append(Item(named.stem, photo, split, shapes, size=size))
    return items, list(labels), {name: colour for name, colour in labels.items() if colour}


def _of_cvat(element: ElementTree.Element) -> Shape | None:
    label = str(element.get('label'))
    if element.tag == 'polygon':
        points = [
            [float(number) for number in pair.split(',')] for pair in str(element.get('points')).split(';')
        ]
        return Shape(label, 'polygons', [points])
    if element.tag == 'box':
        return Shape(label, 'rectangle', [float(element.get(key, 0)) for key in ('xtl', 'ytl', 'xbr', 'ybr')])
    if element.tag == 'ellipse':
        return Shape(label, 'ellipse', [float(element.get(key, 0)) for key in ('cx', 'cy', 'rx', 'ry')])
    if element.tag == 'mask':
        runs = [int(number) for number in str(element.get('rle')).split(',')]
        return Shape(
            label, 'cvat_rle', [runs, *(int(element.get(k, 0)) for k in ('left', 'top', 'width', 'height'))]
        )
    return None
