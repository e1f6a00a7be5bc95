"""What is meant by the values on a command line; mmengine's own reader is the judge where it is right."""

import math

import pytest
from mmengine.config import DictAction

from mmseg_facenext.config.option_values import option_value

AS_IN_MMENGINE = (
    '3', '-3', '1e-3', '.5', 'true', 'False', 'None', 'inf', 'word', '1,2,3', 'a,b', 'mIoU,1,None', '[1,2]', '[]', '()',
    '[1, 2, x]', '(3,)', '(3)', '[(1, 2), [a, b], c]', '[[1, 2], [3]]', "'quoted'", '["a", "b"]', '[1,]', '1,',
    'https://host/a_b.pth?x=1', '',
)  # fmt: skip


@pytest.mark.parametrize('text', AS_IN_MMENGINE)
def test_numbers_lists_and_words_are_read_as_mmengine_does(text):
    expected = DictAction._parse_iterable(text)
    assert option_value(text) == expected
    assert type(option_value(text)) is type(expected)


@pytest.mark.parametrize(
    'text',
    [
        '/home/me/My Models/x.pth', '/data/a,b/c.pth', 'C:\\My Files\\a, b.pth', '/data/(old) x/y (1).pth', "it's here",
        '(a)/b/(c)', '[1]/[2]', 'runs/[a,b', 'a: b, c', ' x', '/a/1,2', '{no dict}', 'dict(broken', "x='a', y='b'",
    ],
)  # fmt: skip
def test_text_is_taken_as_typed(text):
    assert option_value(text) == text


def test_text_within_brackets_keeps_its_spaces():
    assert option_value('[/a b/c.pth, 2]') == ['/a b/c.pth', 2]
    assert option_value("['a, b', \"it's\"]") == ['a, b', "it's"]


def test_a_list_of_tuples_needs_no_brackets():
    assert option_value('(1,2),(3,4)') == [(1, 2), (3, 4)]


def test_dicts():
    expected = {'type': 'SGD', 'lr': 0.1, 'betas': (0.9, 0.999), 'inner': {'a': [1, None]}}
    assert option_value("dict(type='SGD', lr=.1, betas=(0.9, 0.999), inner=dict(a=[1, None]))") == expected
    assert (
        option_value("{'type': 'SGD', 'lr': 0.1, 'betas': (0.9, 0.999), 'inner': {'a': [1, None]}}")
        == expected
    )
    assert option_value('{}') == {}


def test_nothing_is_executed():
    assert option_value('dict(a=__import__("os").getcwd())') == 'dict(a=__import__("os").getcwd())'
    assert math.isnan(option_value('nan'))
