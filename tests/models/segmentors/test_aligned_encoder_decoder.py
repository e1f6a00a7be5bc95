"""Alignment around a segmentor, through mmseg's interface."""

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import nn

from mmseg_facenext.errors import UserError
from mmseg_facenext.models.alignment.tanh_warp import TanhWarp

LANDMARKS = np.array([[22, 26], [40, 24], [32, 34], [26, 44], [39, 43]], np.float32)


def build(**kwargs) -> nn.Module:
    init_default_scope('mmseg')
    torch.manual_seed(0)
    head = dict(
        type='FCNHead', in_channels=16, in_index=1, channels=8, num_convs=1, num_classes=3, dropout_ratio=0
    )
    cfg = dict(
        type='AlignedEncoderDecoder',
        backbone=dict(
            type='MSCAN', embed_dims=[8, 16, 16, 16], depths=[1, 1, 1, 1], norm_cfg=dict(type='BN')
        ),
        decode_head=head,
        auxiliary_head=dict(head, in_index=2),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
        data_preprocessor=dict(type='FacePreProcessor', mean=[0] * 3, std=[1] * 3, size_divisor=32),
    )
    return MODELS.build(ConfigDict({**cfg, **kwargs}))


def sample(
    landmarks=LANDMARKS, size: tuple[int, int] = (64, 64), flip: bool = False, ori=(64, 64)
) -> SegDataSample:
    meta = dict(img_shape=size, ori_shape=ori, pad_shape=size, img_path='me.jpg', padding_size=[0] * 4)
    if flip:
        meta.update(flip=True, flip_direction='horizontal')
    if landmarks is not None:
        meta['landmarks'] = landmarks
    truth = PixelData(data=torch.randint(0, 3, (1, *size)))
    return SegDataSample(metainfo=meta, gt_sem_seg=truth)


def test_the_network_sees_the_aligned_face_and_its_logits_come_back():
    model, photo = build(face_size=(96, 96)).eval(), torch.randn(1, 3, 64, 64)
    seen = []
    model.backbone.register_forward_pre_hook(lambda _module, args: seen.append(args[0]))
    with torch.no_grad():
        logits = model.inference(photo, [sample().metainfo])
        warp = TanhWarp(torch.from_numpy(LANDMARKS)[None], (64, 64), (96, 96))
        torch.testing.assert_close(seen[0], warp.to_face(photo))
        inside = model._forward(warp.to_face(photo))
        inside = torch.nn.functional.interpolate(inside, (96, 96), mode='bilinear')
    torch.testing.assert_close(logits, warp.to_photo(inside))
    assert logits.shape == (1, 3, 64, 64)


def test_losses_of_all_heads_on_the_photo():
    model, photos, samples = build(), torch.randn(2, 3, 64, 64), [sample(), sample(LANDMARKS + 5)]
    losses = model(photos, samples, mode='loss')
    assert set(losses) == {'decode.loss_ce', 'decode.acc_seg', 'aux.loss_ce', 'aux.acc_seg'}
    warp = model.warp(photos, [s.metainfo for s in samples])
    logits = warp.to_photo(
        torch.nn.functional.interpolate(model._forward(warp.to_face(photos)), (64, 64), mode='bilinear')
    )
    labels = torch.cat([s.gt_sem_seg.data for s in samples])
    torch.testing.assert_close(losses['decode.loss_ce'], torch.nn.functional.cross_entropy(logits, labels))
    (losses['decode.loss_ce'] + losses['aux.loss_ce']).backward()
    used = [n for n, p in model.named_parameters() if not n.startswith('backbone.') or n[-2] not in '34']
    assert all(
        model.get_parameter(n).grad is not None for n in used if 'backbone.norm1' not in n and '4' not in n
    )


def test_prediction_at_the_size_of_the_labels_flipped_back():
    model, photos = build().eval(), torch.randn(1, 3, 64, 64)
    mirrored = LANDMARKS[[1, 0, 2, 4, 3]] * [-1, 1] + [63, 0]
    with torch.no_grad():
        plain = model.predict(photos, [sample(ori=(128, 100))])[0].seg_logits.data
        flipped = model.predict(photos.flip(3), [sample(mirrored, flip=True, ori=(128, 100))])[
            0
        ].seg_logits.data
    assert plain.shape == flipped.shape == (3, 128, 100)


@pytest.mark.parametrize(
    ('landmarks', 'message'),
    [
        (None, r'me\.jpg comes without landmarks.*meta_keys'),
        (LANDMARKS[:4], r'me\.jpg: landmarks are five points'),
        (LANDMARKS * np.nan, r'me\.jpg: landmarks are five points .*nan'),
        (LANDMARKS * 0 + 7, 'all lie within a pixel'),
    ],
)
def test_without_landmarks_the_remedy_is_named(landmarks, message):
    model, photos = build().eval(), torch.randn(1, 3, 64, 64)
    with pytest.raises(UserError, match=message):
        model.predict(photos, [sample(landmarks)])


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(test_cfg=dict(mode='slide', stride=(32, 32), crop_size=(64, 64))), 'whole'),
        (dict(warp_factor=1.5), 'warp_factor=1.5'),
    ],
)
def test_wrong_settings(wrong, message):
    with pytest.raises(UserError, match=message):
        build(**wrong)
