"""Write charts and tables of a run to its work dir."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...analysis.training_logs import read_history
from ...evaluation import EvaluationSummary, FaceMetric


@HOOKS.register_module()
class ReportHook(Hook):
    """Draw the training curve and the scores per class, replacing the earlier files.

    In `work_dir`: `training_curve.png` after each validation and at the end of training, over all resumes;
    after each validation and test `per_class_val.png` or `per_class_test.png`, and a `.json` beside it with
    the same scores and the confusion matrix (for a metric with a prefix, `per_class_val_<prefix>.png`).

    A report that cannot be written is a warning in the log: it does not end a training.
    """

    priority = 'LOWEST'  # after the logger, which writes what is drawn, and after checkpoints are safe

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        self._report_scores(runner, runner.val_loop.evaluator, 'val')
        self._attempt(runner, report_training, runner.work_dir)

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        self._report_scores(runner, runner.test_loop.evaluator, 'test')

    @master_only
    def after_train(self, runner: Runner) -> None:
        self._attempt(runner, report_training, runner.work_dir)
        runner.logger.info(f'Training curve and scores per class are in {runner.work_dir}')

    def _report_scores(self, runner: Runner, evaluator: Evaluator, stage: str) -> None:
        when = runner.message_hub.get_info('iter') if stage == 'val' else None  # None without training
        title = f'{Path(runner.work_dir).name}: {stage}' + (
            '' if when is None else f' at iteration {when + 1:,}'
        )
        for metric in evaluator.metrics:
            if isinstance(metric, FaceMetric) and metric.summary is not None:
                name = '_'.join(filter(None, ('per_class', stage, metric.prefix)))
                self._attempt(runner, report_scores, metric.summary, Path(runner.work_dir, name), title)

    def _attempt(self, runner: Runner, report: Callable[..., None], *args: Any) -> None:
        try:
            report(*args)
        except Exception as error:
            runner.logger.warning(
                f'{report.__name__} could not be completed: {type(error).__name__}: {error}'
            )


def report_training(work_dir: str | Path) -> None:
    """Draw `training_curve.png` from the logs in `work_dir`; nothing if no training was logged there."""
    from ...visualization.training_curves import draw_training_curve  # matplotlib takes a second to import

    history = read_history(work_dir)
    if history.train:
        draw_training_curve(history, Path(work_dir, 'training_curve.png'), Path(work_dir).name)


def report_scores(summary: EvaluationSummary, path: Path, title: str) -> None:
    """Write `<path>.json` and draw `<path>.png`."""
    from ...visualization.score_charts import draw_per_class

    summary.save_json(Path(f'{path}.json'))
    draw_per_class(summary, Path(f'{path}.png'), title)
