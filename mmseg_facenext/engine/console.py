"""What the console and the JSON log of a run show."""

from __future__ import annotations

import logging
import math

import mmengine

# Before the list of all keys that do not fit, of which the console says the first few.
ALL_MISMATCHES = 'Keys of checkpoint and model that do not fit:'
# What helps nobody on the console; the log file keeps it.
CONSOLE_SKIPS = (
    'Hooks will be executed',
    'Distributed training is not used',
    'Auto resumed from',
    'paramwise_options -- ',
    '"FileClient" will be',
    '"HardDiskBackend" is',
    'Exp name: ',
    ALL_MISMATCHES,
)


def matters(record: logging.LogRecord) -> bool:
    """Tell whether the console shows a line."""
    text = str(record.msg)
    return not (text.startswith(CONSOLE_SKIPS) or text.endswith('is skipped since its requires_grad=False'))


def dump_plain_json(values: dict, path: str, file_format: str) -> None:
    """Write a line of `scalars.json`; a score that is not defined (NaN) is null, which every reader of JSON knows."""
    plain = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }
    with open(path, 'a') as file:
        file.write(mmengine.dump(plain, file_format=file_format) + '\n')
