"""The packages; all else is in pyproject.toml. Installed, local_configs/ is mmseg_facenext/local_configs/."""

from setuptools import find_namespace_packages, find_packages, setup

setup(
    packages=[
        *find_packages(include=['mmseg_facenext*']),
        *(f'mmseg_facenext.{folder}' for folder in find_namespace_packages(include=['local_configs*'])),
    ],
    package_dir={'mmseg_facenext.local_configs': 'local_configs'},
)
