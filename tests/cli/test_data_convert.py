"""`facenext data convert`: by hand, for each meaning of left, and there and back."""

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.cli.facenext import main
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ as OWN
from mmseg_facenext.taxonomy import CELEBAMASK_HQ_BISENET as BISENET
from mmseg_facenext.taxonomy import LAPA


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'maps').mkdir()
    Image.fromarray(np.array([[*range(19), 255]], np.uint8)).save(tmp_path / 'maps/all.png')
    return tmp_path


def read(path):
    return np.asarray(Image.open(path))[0].tolist()


def test_there_and_back_is_lossless(folder, capsys):
    main(
        [
            'data',
            'convert',
            f'{folder}/maps',
            '--from',
            OWN.name,
            '--to',
            BISENET.name,
            '--out',
            f'{folder}/there',
        ]
    )
    there = read(folder / 'there/all.png')
    assert [BISENET.classes[label] for label in there[:19]] == list(OWN.classes)
    assert (folder / 'there/label_space.txt').read_text().strip() == BISENET.name
    main(
        [
            'data',
            'convert',
            f'{folder}/there',
            '--from',
            BISENET.name,
            '--to',
            OWN.name,
            '--out',
            f'{folder}/back',
        ]
    )
    assert read(folder / 'back/all.png') == [*range(19), 255]
    assert 'lossless' in capsys.readouterr().out


def test_left_of_the_person_is_right_of_the_viewer(folder, capsys):
    main(
        [
            'data',
            'convert',
            f'{folder}/maps',
            '--from',
            OWN.name,
            '--to',
            LAPA.name,
            '--out',
            f'{folder}/lapa',
        ]
    )
    labels = read(folder / 'lapa/all.png')
    assert labels[OWN.index('l_eye')] == LAPA.index('right_eye')
    assert labels[OWN.index('hat')] == 255
    said = capsys.readouterr().out
    assert 'not lossless' in said
    assert 'hat' in said


def test_own_ids(folder):
    words = ['--map', 'skin=1', 'hair=2', 'hat=2', '--unmatched', '0', '--out', f'{folder}/own']
    main(['data', 'convert', f'{folder}/maps', '--from', OWN.name, *words])
    labels = read(folder / 'own/all.png')
    assert [OWN.classes[n] for n in range(19) if labels[n] == 2] == ['hair', 'hat']
    with pytest.raises(UserError, match=r'ids \[11, .*lapa has not'):
        main(
            [
                'data',
                'convert',
                f'{folder}/maps',
                '--from',
                LAPA.name,
                '--to',
                OWN.name,
                '--out',
                f'{folder}/x',
            ]
        )
