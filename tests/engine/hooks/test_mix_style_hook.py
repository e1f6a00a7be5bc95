from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmseg_facenext.engine.hooks.mix_style_hook import MixStyleHook, mix_styles
from mmseg_facenext.errors import UserError


def test_a_photo_takes_the_style_of_another_one_and_keeps_its_content():
    torch.manual_seed(0)
    own, other = torch.randn(1, 3, 8, 8), 4 * torch.randn(1, 3, 8, 8) + 5
    mixed = mix_styles(
        torch.cat([own, other]), torch.tensor([1, 0]), torch.tensor([0.25, 1.0]).reshape(2, 1, 1, 1)
    )
    torch.testing.assert_close(mixed[1:], other, atol=1e-4, rtol=0)  # all its own
    taken = mixed[:1]
    for moment in (torch.mean, torch.std):
        a, b, both = (moment(y, (2, 3)) for y in (own, other, taken))
        torch.testing.assert_close(both, 0.25 * a + 0.75 * b, atol=1e-4, rtol=0)
    correlation = torch.corrcoef(torch.stack([own[0, 0].flatten(), taken[0, 0].flatten()]))[0, 1]
    assert correlation > 0.9999


def test_only_training_mixes_and_the_end_leaves_nothing_behind():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1))
    x = torch.randn(4, 3, 5, 5)
    runner = SimpleNamespace(model=model)
    hook = MixStyleHook(['0'], prob=1.0)
    plain = model(x)
    hook.before_train(runner)
    assert not torch.allclose(model(x), plain)
    torch.testing.assert_close(model.eval()(x), plain)
    hook.after_train(runner)
    torch.testing.assert_close(model.train()(x), plain)
    with pytest.raises(UserError, match='no layer head'):
        MixStyleHook(['head']).before_train(runner)
