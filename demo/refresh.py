"""Run the notebook and keep its outputs, when the weights of the package or its cells have changed.

    pip install nbclient ipykernel
    python demo/refresh.py

Writes `face_parsing.ipynb` with small JPEG pictures and `hair.jpg`, the last of them.
"""

import base64
import io
from pathlib import Path

import nbclient
import nbformat
from PIL import Image

FOLDER = Path(__file__).parent
NOTEBOOK = FOLDER / 'face_parsing.ipynb'
SHOWN = ('execute_result', 'display_data')


def shrink(output: dict) -> Image.Image | None:
    """The picture of an output, which becomes JPEG there; None where it has none."""
    data = output.get('data', {})
    if 'image/png' not in data:
        return None
    picture = Image.open(io.BytesIO(base64.b64decode(data.pop('image/png')))).convert('RGB')
    encoded = io.BytesIO()
    picture.save(encoded, 'JPEG', quality=85)
    data['image/jpeg'] = base64.b64encode(encoded.getvalue()).decode()
    data.pop('text/plain', None)
    return picture


def main() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    metadata = dict(notebook.metadata)
    nbclient.NotebookClient(notebook, timeout=600, resources={'metadata': {'path': str(FOLDER)}}).execute()
    (FOLDER / 'face_parser.onnx').unlink()
    pictures = []
    for cell in notebook.cells:
        cell.metadata.clear()
        if cell.cell_type != 'code':
            continue
        cell.outputs = [output for output in cell.outputs if output.get('name') != 'stderr']
        pictures += [shrink(output) for output in cell.outputs if output.output_type in SHOWN]
    notebook.metadata = metadata
    nbformat.validate(notebook)
    nbformat.write(notebook, NOTEBOOK)
    pictures[-1].save(FOLDER / 'hair.jpg', quality=88)


if __name__ == '__main__':
    main()
