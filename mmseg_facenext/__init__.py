"""Face parsing on mmsegmentation: importing this package registers all of its modules with mmseg."""

try:
    from . import upstream  # noqa: F401  isort: skip  -- first: ours replace upstream's modules of the same name

    from . import apis, datasets, engine, evaluation, models
except KeyboardInterrupt:  # importing takes seconds; Ctrl-C meanwhile is no reason for a traceback
    raise SystemExit(130) from None

__version__ = '0.1.0'
__all__ = ['apis', 'datasets', 'engine', 'evaluation', 'models']
