"""Package metadata; `requirements.txt` is the one list of what it needs."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

EXTRAS = {
    'pretrain': ['onedl-mmpretrain>=1.3.6'],
    'timm': ['timm>=1.0'],
    'safetensors': ['safetensors'],
    'export': ['onnxscript', 'onnxruntime', 'openvino'],
    'docs': ['mkdocs>=1.6', 'mkdocs-material>=9.5', 'mkdocstrings[python]>=1.0'],
}


def requirements() -> list[str]:
    lines = (HERE / 'requirements.txt').read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def version() -> str:
    text = (HERE / 'mmseg_facenext' / '__init__.py').read_text()
    return re.search(r"__version__ = '(.+)'", text).group(1)


setup(
    name='mmseg_facenext',
    version=version(),
    description='Face parsing: train, measure and run networks that label every pixel of a face',
    long_description=(HERE / 'README.md').read_text(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['mmseg_facenext', 'mmseg_facenext.*']),
    python_requires='>=3.10',
    install_requires=requirements(),
    extras_require={
        **EXTRAS,
        # ruff's and mypy's opinions change between versions; what passes here should pass there.
        'tests': [
            *('pytest', 'pytest-xdist', 'ruff==0.17.*', 'mypy==2.4.*', 'scikit-image', 'nbformat'),
            *(package for packages in EXTRAS.values() for package in packages),
        ],
    },
)
