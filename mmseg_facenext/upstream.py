"""Imports mmseg with all of its modules, without the remarks it makes about packages nobody here needs."""

import contextlib
import io
import warnings

with contextlib.redirect_stdout(io.StringIO()) as said, warnings.catch_warnings():
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    import mmseg.datasets
    import mmseg.evaluation
    import mmseg.models
    import mmseg.visualization  # noqa: F401

for line in said.getvalue().splitlines():
    if line != 'Could not import OneDL':
        print(line)
