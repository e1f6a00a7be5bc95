"""One wrong bit is not a checkpoint with other weights."""

import logging
import shutil
from hashlib import sha256

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mmseg_facenext.checkpoints import load_weights, read_checkpoint
from mmseg_facenext.errors import UserError


def flipped(file, bit: int):
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    damaged = file.with_name(f'flipped_{bit}{file.suffix}')
    damaged.write_bytes(content)
    return damaged


def test_a_wrong_bit_changes_no_weight(tmp_path):
    weights = {'head.weight': torch.randn(64, 64), 'head.bias': torch.randn(64)}
    torch.save({'state_dict': weights}, tmp_path / 'whole.pth')
    bits = np.random.default_rng(0).integers(0, 8 * (tmp_path / 'whole.pth').stat().st_size, 60)
    refused = 0
    for bit in bits:
        try:
            read = read_checkpoint(flipped(tmp_path / 'whole.pth', int(bit)))['state_dict']
        except UserError:
            refused += 1
        else:  # the bit was one of padding, names of parts or dates
            assert all(torch.equal(read[key], weights[key]) for key in weights)
    assert refused > 50


@pytest.mark.parametrize('suffix', ['safetensors', 'pth'])
def test_the_hash_in_a_name_is_checked_where_the_file_has_no_checksums(tmp_path, suffix):
    file = tmp_path / f'face.{suffix}'
    if suffix == 'pth':
        torch.save({'weight': torch.ones(2, 2)}, file, _use_new_zipfile_serialization=False)
    else:
        save_file({'weight': torch.ones(2, 2)}, file)
    digest = sha256(file.read_bytes()).hexdigest()[:8]
    for name in (f'face-{digest}', 'face-20240131'):
        read_checkpoint(shutil.copy(file, tmp_path / f'{name}.{suffix}'))
    with pytest.raises(UserError, match='its SHA-256 begins with deadbeef, but it is'):
        read_checkpoint(shutil.copy(file, tmp_path / f'face-deadbeef.{suffix}'))


def test_a_whole_zip_under_another_hash_is_read_with_a_warning(tmp_path, caplog):
    """mmengine's own `published_keys` names files by a hash of something else."""
    torch.save({'weight': torch.ones(2, 2)}, tmp_path / 'face-deadbeef.pth')
    with caplog.at_level(logging.WARNING):
        read_checkpoint(tmp_path / 'face-deadbeef.pth')
    assert 'begins with deadbeef' in caplog.text


def test_a_file_without_checksums_is_read(tmp_path):
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({'weight': torch.ones(2, 2)}, tmp_path / 'face.pth')
    finally:
        torch.serialization.set_crc32_options(True)
    assert read_checkpoint(tmp_path / 'face.pth')['weight'].sum() == 4


def test_weights_that_overflow_in_the_model_are_refused(tmp_path):
    torch.save({'weight': torch.full((1, 1), 7e4), 'bias': torch.zeros(1)}, tmp_path / 'large.pth')
    load_weights(nn.Linear(1, 1), tmp_path / 'large.pth')
    with pytest.raises(UserError, match=r'too large for the model .*weight'):
        load_weights(nn.Linear(1, 1).half(), tmp_path / 'large.pth')
