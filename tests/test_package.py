"""What people install: the files of wheel and sdist, the command away from the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'mmseg_facenext'
QUICKSTART = 'segnext.tiny.128x128.syntheticfaces.quickstart'
SMALL = (
    '--cfg-options',
    'train_cfg.max_iters=2',
    'train_cfg.val_interval=2',
    'train_dataloader.batch_size=2',
    'default_hooks.checkpoint.interval=2',
    *(
        f'{phase}_dataloader.{setting}'
        for phase in ('train', 'val')
        for setting in ('num_workers=0', 'persistent_workers=False')
    ),
)


def run(*command: object, cwd: Path) -> str:
    """The output of a command that knows nothing of the checkout but its Python's packages."""
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environment, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if '.dist-info/' not in name}


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from that sdist alone."""
    folder = tmp_path_factory.mktemp('built')
    copy = folder / 'checkout'
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for (
        name
    ) in listed.splitlines():  # of a clean checkout: earlier builds leave files that end in the next one
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    run(sys.executable, '-m', 'build', '--no-isolation', '--outdir', folder, copy, cwd=folder)
    return folder


def test_every_folder_with_modules_is_a_package():
    """Others are left out of the wheel."""
    folders = {path.parent for path in PACKAGE.rglob('*.py') if '__pycache__' not in path.parts}
    assert [folder for folder in folders if not (folder / '__init__.py').exists()] == []
    assert (PACKAGE / 'py.typed').exists()


@pytest.mark.slow
def test_the_wheel_holds_the_package_its_configs_and_weights(built):
    (wheel,) = built.glob('*.whl')
    checkout = built / 'checkout'
    package = (path for path in (checkout / 'mmseg_facenext').rglob('*') if path.is_file())
    expected = {path.relative_to(checkout).as_posix() for path in package}
    expected |= {
        f'mmseg_facenext/{path.relative_to(checkout).as_posix()}'
        for path in (checkout / 'local_configs').rglob('*.py')
    }
    assert files_of(wheel) == expected
    assert 'mmseg_facenext/weights/face_parser.safetensors' in expected
    assert 'mmseg_facenext/page/files/index.html' in expected


@pytest.mark.slow
def test_the_sdist_has_what_building_and_testing_need(built, tmp_path):
    (sdist,) = built.glob('*.tar.gz')
    with tarfile.open(sdist) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
    for needed in (
        'requirements.txt',
        'setup.py',
        'pyproject.toml',
        'LICENSE',
        'README.md',
        'tools/train.py',
    ):
        assert needed in names
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / 'tests').rglob('*.py')}
    assert tests <= names
    run(
        *(
            sys.executable,
            '-m',
            'build',
            '--wheel',
            '--no-isolation',
            '--outdir',
            tmp_path,
            built / 'checkout',
        ),
        cwd=tmp_path,
    )
    (from_checkout,), (from_sdist,) = tmp_path.glob('*.whl'), built.glob('*.whl')
    assert files_of(from_checkout) == files_of(from_sdist)


@pytest.fixture(scope='module')
def installed(built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment with the wheel; what the wheel needs comes from the one that runs the tests."""
    folder = tmp_path_factory.mktemp('environment')
    venv.create(folder, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths('venv', vars={'base': str(folder), 'platbase': str(folder)})
    (wheel,) = built.glob('*.whl')
    (Path(paths['purelib']) / 'packages_of_the_tests.pth').write_text(sysconfig.get_path('purelib'))
    python = Path(paths['scripts']) / 'python'
    run(python, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', wheel, cwd=folder)
    return Path(paths['scripts'])


@pytest.mark.slow
def test_main_job_demo_and_export_from_an_empty_folder(installed, tmp_path):
    facenext, python = installed / 'facenext', installed / 'python'
    where = run(python, '-c', 'import mmseg_facenext; print(mmseg_facenext.__file__)', cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    assert QUICKSTART in run(facenext, 'config', cwd=tmp_path)
    faces = ('data/synthetic_faces', '--count', 6, '--val-count', 2, '--image-size', 64, '--workers', 1)
    run(facenext, 'data', 'synthetic', *faces, cwd=tmp_path)
    run(facenext, 'train', QUICKSTART, '--seed', 0, '--gpus', 2, *SMALL, cwd=tmp_path)
    checkpoint = tmp_path / 'work_dirs' / QUICKSTART / 'iter_2.pth'
    assert checkpoint.exists()
    photo = 'data/synthetic_faces/CelebA-HQ-img/5.jpg'
    run(python, '-m', 'mmseg_facenext', 'parse', photo, QUICKSTART, checkpoint, cwd=tmp_path)
    assert (tmp_path / '5_faces.jpg').exists()
    run(facenext, 'export', QUICKSTART, checkpoint, '--out', 'face.onnx', '--threads', 1, cwd=tmp_path)
    run(facenext, 'parse', photo, 'face.onnx', '--out-file', 'exported.png', cwd=tmp_path)
    assert (tmp_path / 'exported.png').exists()
