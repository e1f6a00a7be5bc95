"""Foreign names of parameters."""

import pytest
import torch

from mmseg_facenext.checkpoints.key_maps import translate_keys
from mmseg_facenext.errors import UserError

HEAD = ('linear_fuse.weight', 'pe_layer.positional_encoding_gaussian_matrix', 'linear_c.0.proj.bias')
CLASSES = (
    'background neck face cloth rightear leftear rightbro leftbro righteye lefteye nose innermouth lowerlip '
    'upperlip hair glass hat earring necklace'
)


def renamed(*keys: str) -> list[str]:
    return list(translate_keys({key: torch.zeros(1) for key in (*keys, *HEAD)}))


def test_names_of_segface():
    expected_head = [f'decode_head.{key}' for key in HEAD]
    assert renamed('backbone.0.weight', 'backbone.1.bias', 'backbone.7.2.bn3.bias') == [
        'backbone.conv1.weight',
        'backbone.bn1.bias',
        'backbone.layer4.2.bn3.bias',
        *expected_head,
    ]
    assert renamed('backbone.0.0.weight', 'backbone.1.block.0.1.bias') == [
        'backbone.features.0.0.weight',
        'backbone.features.1.block.0.1.bias',
        *expected_head,
    ]
    assert renamed('backbone.0.0.0.weight', 'backbone.0.1.0.norm1.bias', 'backbone.1.weight') == [
        'backbone.features.0.0.weight',
        'backbone.features.1.0.norm1.bias',
        *expected_head,
    ]
    assert renamed('backbone.0.weight', 'face_decoder.transformer.layers.0.norm1.bias')[1] == (
        'decode_head.transformer.layers.0.norm1.bias'
    )


def test_tokens_become_rows_in_the_order_of_their_classes():
    names = CLASSES.split()
    tokens = {f'face_decoder.{name}_token.weight': torch.tensor([[float(i)]]) for i, name in enumerate(names)}
    others = dict.fromkeys(('backbone.0.weight', *HEAD), torch.zeros(1))
    for shuffled in (tokens, dict(sorted(tokens.items()))):  # safetensors sorts
        rows = translate_keys({**others, **shuffled})['decode_head.class_tokens']
        assert rows[:, 0].tolist() == list(range(19))
    unknown = {f'face_decoder.{name}_token.weight': torch.tensor([[i]]) for i, name in enumerate('xya')}
    assert translate_keys({**others, **unknown})['decode_head.class_tokens'][:, 0].tolist() == [0, 1, 2]
    with pytest.raises(
        UserError, match=r'alphabetical order \(face_decoder\.a, face_decoder\.x, .*load the published'
    ):
        translate_keys({**others, **dict(sorted(unknown.items()))})


def test_names_of_segnext():
    """One layer is nested in the published code and not in mmseg 1.x; the last name is of mmcv's EMAHook."""
    block = 'backbone.block1.0.'
    keys = (
        f'{block}attn.spatial_gating_unit.conv0_1.weight',
        f'{block}mlp.dwconv.dwconv.weight',
        f'{block}mlp.fc1.bias',
        'ema_backbone_block1_0_mlp_dwconv_dwconv_weight',
    )
    assert list(translate_keys(dict.fromkeys(keys, torch.zeros(1)))) == [
        keys[0],
        f'{block}mlp.dwconv.weight',
        keys[2],
        'ema_backbone_block1_0_mlp_dwconv_weight',
    ]
    # Other networks have such a layer, too (PVT v2, SegFormer, VAN).
    others = dict.fromkeys(keys[1:], torch.zeros(1))
    assert list(translate_keys(others)) == list(others)


def test_our_own_and_unknown_names_stay():
    ours = {'backbone.features.0.0.weight': torch.zeros(1), 'decode_head.linear_fuse.weight': torch.zeros(1)}
    assert list(translate_keys(ours)) == list(ours)
