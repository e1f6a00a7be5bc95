"""Import mmseg with all of its modules, without its messages about packages that are not needed here.

What else mmseg prints while it is imported is printed afterwards.
"""

import contextlib
import io
import warnings

REMARK = 'Could not import OneDL'

with contextlib.redirect_stdout(io.StringIO()) as said, warnings.catch_warnings():
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    import mmseg.datasets
    import mmseg.evaluation
    import mmseg.models
    import mmseg.visualization  # noqa: F401

for line in said.getvalue().splitlines():
    if line != REMARK:
        print(line)
