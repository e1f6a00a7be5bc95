"""The runner of trainings and tests: mmengine's, with safe checkpoints and clear messages."""

from __future__ import annotations

import logging
import os
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import torch
from mmengine.config import Config
from mmengine.dist import master_only
from mmengine.hooks import EMAHook
from mmengine.logging import MMLogger
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIMIZERS
from mmengine.runner import BaseLoop, Runner
from mmengine.utils.dl_utils import collect_env
from mmengine.visualization import LocalVisBackend, Visualizer
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import nn
from torch.utils.data import DataLoader

from ..checkpoints import MismatchError, class_disagreement, load_checkpoint_into, read_checkpoint
from ..checkpoints.safe_loading import safe_loading
from ..config.load import config_mistakes
from ..datasets import PackFaceInputs
from ..datasets.flip_pairs import pair_sides
from ..datasets.missing_data import check_pairs, missing_data
from ..errors import Stopped, UserError
from ..evaluation import FaceMetric
from ..models import FacePreProcessor, FaceSyncBN, fuse
from ..models.decode_heads.face_decode_head import FaceDecodeHead
from ..models.losses.mended import mend_losses
from ..utils.atomic import atomic_path
from ..utils.launched import LAUNCHED
from .compiling import compile_segmentor
from .console import ALL_MISMATCHES, dump_plain_json, matters
from .freezing import freeze
from .hooks import FaceCheckpointHook, SeedHook, StopHook
from .loading import OF_WORKERS, loading_ends
from .seeding import seed_samples
from .stopping import StopRequest, exit_code, follow_launcher, start_worker
from .work_dir import how_to_go_on

# What takes the place of mmengine's in any config.
OWN_HOOKS = {'CheckpointHook': 'FaceCheckpointHook', 'IterTimerHook': 'MonotonicTimerHook'}
# What a checkpoint of a training has and weights alone have not.
RESUMABLE = ('meta', 'message_hub', 'optimizer', 'param_schedulers')


class FaceRunner(Runner):
    """Train and test on GPUs and CPUs, read checkpoints safely, write them atomically.

    Beyond mmengine's Runner:
        - processes without GPUs are wrapped in DDP too (mmengine's default asks for a CUDA device);
        - `load_checkpoint` executes nothing from the file and accepts no partial fit;
        - a checkpoint is written under a temporary name first, so that a full disk or a killed process
          never leaves half of one;
        - `compile=True` compiles backbone and decode head, whose shapes are static;
        - a training resumes only from a checkpoint that holds all of its state, and then has the same bits as one that
          was never stopped;
        - SIGINT, SIGTERM and SIGUSR1 let all processes finish the same iteration and save;
        - the console says what matters; environment and config go to files beside the log.
    """

    model: nn.Module
    _train_dataloader: DataLoader | dict
    trust_checkpoint = False
    """Whether checkpoints may bring code along, see `read_checkpoint`."""

    stopping = 0
    """The signal because of which training ends with this iteration, or 0."""

    _started: Counter[str] = Counter()

    def setup_env(self, env_cfg: dict) -> None:
        """Give runs that one process starts within a second names of their own."""
        super().setup_env(env_cfg)
        self._started[self._timestamp] += 1
        if (turn := self._started[self._timestamp]) > 1:
            self._timestamp += f'_{turn}'

    @classmethod
    def from_cfg(cls, cfg: Config) -> FaceRunner:
        """Build everything the config names. Predictions are labels only, unless the config says otherwise.

        Raises:
            UserError: a type is not registered, or does not take what the config gives it.
        """
        if cfg.model.get('test_cfg'):
            cfg.model.test_cfg.setdefault('labels_only', True)
        with config_mistakes(cfg):
            return super().from_cfg(cfg)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        hooks = {'timer': dict(type='IterTimerHook'), **(hooks or {})}
        for hook in hooks.values():
            if isinstance(hook, dict) and hook.get('type') in OWN_HOOKS:
                hook['type'] = OWN_HOOKS[hook['type']]
        super().register_default_hooks(hooks)
        for hook in (StopHook(), SeedHook()):
            self.register_hook(hook)

    def call_hook(self, fn_name: str, **kwargs: Any) -> None:
        super().call_hook(fn_name, **kwargs)
        if self.stopping and fn_name == 'after_train_iter':  # saved by the checkpoint hook
            self.leave(self.stopping)

    def train(self) -> nn.Module:
        self.stop_request = StopRequest()
        if self._launcher == 'pytorch':
            follow_launcher(self.stop_request)
        with self.stop_request.listening(), loading_ends(self):
            return super().train()

    def test(self) -> dict[str, float]:
        with loading_ends(self):
            return super().test()

    def save_now(self, iteration: int) -> None:
        """Save the state after that many iterations."""
        for hook in self.hooks:
            if isinstance(hook, FaceCheckpointHook):
                hook.save_now(self, iteration)

    def leave(self, number: int) -> NoReturn:
        """End the training because of this signal, once all processes are here.

        Raises:
            Stopped: always.
        """
        self.stop_request.join()  # a launcher ends the others when the first one leaves
        self.visualizer.close()
        raise Stopped(
            f'stopped by {signal.Signals(number).name}; {how_to_go_on(Path(self.work_dir))}',
            exit_code(number),
        )

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        with config_mistakes(self.cfg):
            if isinstance(self._train_dataloader, dict):
                own = self._randomness_cfg.get('diff_rank_seed', False)
                loader = self.build_dataloader(self._train_dataloader, seed=self.seed, diff_rank_seed=own)
                self._train_dataloader = seed_samples(loader, self.seed)
            loop = super().build_train_loop(loop)
            for name in ('max_iters', 'val_interval'):
                if not getattr(loop, name) >= 1:
                    raise ValueError(f'train_cfg.{name} must be at least 1, got {getattr(loop, name)}')
        self._check_classes(loop)
        self._check_label_type(loop)
        return loop

    def build_val_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        with config_mistakes(self.cfg):
            loop = super().build_val_loop(loop)
        self._check_classes(loop)
        if isinstance(self._train_loop, BaseLoop):
            learnt, scored = (one.dataloader.dataset.metainfo['classes'] for one in (self._train_loop, loop))
            if tuple(learnt) != tuple(scored):
                raise UserError(
                    f'config {self.cfg.filename}: train_dataloader and val_dataloader have other classes '
                    f'({len(learnt)}: {", ".join(learnt[:4])}, ...; {len(scored)}: {", ".join(scored[:4])}, ...): '
                    'give both the same dataset.label_space'
                )
        return loop

    def build_test_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        with config_mistakes(self.cfg):
            loop = super().build_test_loop(loop)
        self._check_classes(loop)
        for metric in loop.evaluator.metrics:
            if isinstance(metric, FaceMetric) and metric.output_dir is not None:
                dataset = loop.dataloader.dataset
                for index in range(len(dataset)):
                    metric.claim(dataset.get_data_info(index)['img_path'])
        return loop

    @staticmethod
    def build_dataloader(dataloader: DataLoader | dict, *args: Any, **kwargs: Any) -> DataLoader:
        dataset = dataloader['dataset'] if isinstance(dataloader, dict) else None
        if isinstance(dataloader, dict) and not dataloader.get('num_workers'):
            dataloader = {key: value for key, value in dataloader.items() if key not in OF_WORKERS}
        with missing_data(dataset):
            built = Runner.build_dataloader(dataloader, *args, **kwargs)
        check_pairs(built.dataset)
        built.worker_init_fn = partial(start_worker, built.worker_init_fn)
        pair_sides(built.dataset)
        return built

    def build_visualizer(self, visualizer: Visualizer | dict | None = None) -> Visualizer:
        built = super().build_visualizer(visualizer)
        for backend in built._vis_backends.values():
            if isinstance(backend, LocalVisBackend):
                backend._dump = dump_plain_json  # type: ignore[method-assign]
        return built

    def build_param_scheduler(self, scheduler: Any) -> Any:
        with config_mistakes(self.cfg):
            return super().build_param_scheduler(scheduler)

    def build_optim_wrapper(self, optim_wrapper: OptimWrapper | dict) -> OptimWrapper:
        with config_mistakes(self.cfg):
            name = optim_wrapper['optimizer']['type'] if isinstance(optim_wrapper, dict) else None
            if isinstance(name, str) and OPTIMIZERS.get(name) is None:  # mmengine fails without naming it
                raise KeyError(f'{name} is not in the optimizer registry')
            return super().build_optim_wrapper(optim_wrapper)

    def _check_label_type(self, loop: BaseLoop) -> None:
        """Check that preprocessor or head turn the uint8 labels of `PackFaceInputs` into int64."""
        steps = getattr(getattr(loop.dataloader.dataset, 'pipeline', None), 'transforms', ())
        model = self._bare_model
        heads = [module for module in model.modules() if isinstance(module, BaseDecodeHead)]
        if (
            any(isinstance(step, PackFaceInputs) for step in steps)
            and not isinstance(model.data_preprocessor, FacePreProcessor)
            and not all(isinstance(head, FaceDecodeHead) for head in heads)
        ):
            raise UserError(
                f'config {self.cfg.filename}: PackFaceInputs gives labels as uint8, which the losses of mmseg do not '
                'take: end the pipeline in PackSegInputs, or set model.data_preprocessor.type=FacePreProcessor'
            )

    def _check_classes(self, loop: BaseLoop) -> None:
        head = 'decode_head' if hasattr(self._bare_model, 'decode_head') else 'head'  # of a classifier
        outputs = getattr(self._bare_model, head).num_classes
        classes = loop.dataloader.dataset.metainfo['classes']
        if outputs < len(classes):
            raise UserError(
                f'config {self.cfg.filename}: the data has {len(classes)} classes, the model tells only '
                f'{outputs} apart: set model.{head}.num_classes={len(classes)}'
            )

    @property
    def _bare_model(self) -> nn.Module:
        return self.model.module if is_model_wrapper(self.model) else self.model

    def build_model(self, model: nn.Module | dict) -> nn.Module:
        with safe_loading():
            built = super().build_model(model)
        if self._train_loop is not None:
            mend_losses(built)
            freeze(built, self.cfg.get('frozen') or ())
        return built if torch.cuda.is_available() else FaceSyncBN.convert(built)

    def _init_model_weights(self) -> None:
        with safe_loading():
            super()._init_model_weights()

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        if self.distributed and model_wrapper_cfg is None:
            unused = self.cfg.get('find_unused_parameters', False)
            accumulates = (self.cfg.get('optim_wrapper') or {}).get('accumulative_counts', 1) > 1
            model_wrapper_cfg = dict(
                type='MMDistributedDataParallel',
                device_ids=[torch.cuda.current_device()] if torch.cuda.is_available() else None,
                broadcast_buffers=False,
                find_unused_parameters=unused,
                # Every iteration runs the same modules; those without synchronisation are not the same to DDP.
                static_graph=not (unused or accumulates),
            )
        return super().wrap_model(model_wrapper_cfg, model)

    def load_checkpoint(
        self, filename: str, map_location: Any = 'cpu', strict: bool = True, revise_keys: Any = ()
    ) -> dict:
        """Read `filename` and fill the model with it; return the content, for resuming.

        A training that starts from it may have other classes: then its classifier is left out.

        Raises:
            UserError: it is no readable checkpoint or does not fit the model.
        """
        checkpoint = read_checkpoint(filename, map_location, trust=self.trust_checkpoint)
        # mmengine would execute this text as a config file to compare the number of GPUs.
        if isinstance(checkpoint.get('meta'), dict):
            checkpoint['meta'].pop('config', None)
        if self._resume:
            self._leave_average(checkpoint, filename)
            self.call_hook(
                'after_load_checkpoint', checkpoint=checkpoint
            )  # EMAHook exchanges the weights in it
            self._fill_model(checkpoint, filename)
        else:
            self._fill_model(checkpoint, filename)
            checkpoint['state_dict'] = (
                self._bare_model.state_dict()
            )  # for hooks, whatever the file looked like
            self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        self._has_loaded = True
        return checkpoint

    def _leave_average(self, checkpoint: dict, filename: str) -> None:
        """Take the trained weights from a checkpoint of EMAHook when this training has no such hook."""
        average = checkpoint.get('ema_state_dict')
        if average is None or any(isinstance(hook, EMAHook) for hook in self.hooks):
            return
        self.logger.warning(
            f'{filename} holds a moving average of the weights, which ends here (--ema goes on with it)'
        )
        prefix = 'module.'
        trained = {k.removeprefix(prefix): value for k, value in average.items() if k.startswith(prefix)}
        checkpoint['state_dict'].update(trained)

    def _fill_model(self, checkpoint: dict, filename: str) -> None:
        starts_anew = self._train_loop is not None and not self._resume
        try:
            report = load_checkpoint_into(self._bare_model, checkpoint, filename, new_classes=starts_anew)
        except MismatchError as error:
            self.logger.error(f'{ALL_MISMATCHES}\n{error.listing}')
            raise
        self.logger.info(f'Weights: {report}')
        if difference := class_disagreement(report.classes, self._data_classes):
            self.logger.warning(f'{filename} was trained on {difference}')

    def fuse(self) -> None:
        """Replace the model by its inference form, for testing; see `mmseg_facenext.models.fuse`."""
        fused = fuse(self._bare_model)
        if is_model_wrapper(self.model):
            self.model.module = fused
        else:
            self.model = fused

    @property
    def _data_classes(self) -> tuple[str, ...]:
        """The classes of the data set that is trained or tested on."""
        loop = self.test_loop if self._train_loop is None else self.train_loop
        return tuple(loop.dataloader.dataset.metainfo['classes'])

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Resume the training that wrote `filename`: weights, optimizer, schedule, iteration, order of the data.

        Raises:
            UserError: it holds weights only (best_*.pth are such), or does not fit the model.
        """
        checkpoint = read_checkpoint(filename, trust=self.trust_checkpoint)
        missing = [key for key in RESUMABLE if key not in checkpoint]
        if missing or 'iter' not in (checkpoint['meta'] or {}):
            raise UserError(
                f'{filename} cannot be resumed: it has no {", ".join(missing) or "iteration"} (best_*.pth and '
                'published files hold weights only); take an iter_*.pth, or start anew from the weights with '
                '--load-from'
            )
        try:
            super().resume(filename, *args, **kwargs)
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(
                f'{filename} cannot be resumed with this config: {type(error).__name__}: {error}; take the config '
                'that wrote it (a copy lies beside it), or start anew from the weights with --load-from'
            ) from error
        # Of another folder's files none may be removed, which is what the checkpoint hook does with outdated ones.
        best = self.message_hub.runtime_info.get('best_ckpt')
        if best and Path(best).parent.resolve() != Path(self.work_dir).resolve():
            if Path(filename).parent.resolve() == Path(self.work_dir).resolve():  # the whole folder was moved
                self.message_hub.update_info('best_ckpt', str(Path(self.work_dir, Path(best).name)))
                return
            for key in ('best_ckpt', 'best_score', 'keep_ckpt_ids'):
                self.message_hub.runtime_info.pop(key, None)

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        kwargs['meta'] = {**(kwargs.get('meta') or {}), LAUNCHED: os.environ.get(LAUNCHED)}
        with atomic_path(Path(out_dir, filename)) as temporary:
            super().save_checkpoint(out_dir, temporary.name, *args, **kwargs)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler:
                handler.addFilter(matters)
        return logger

    def _log_env(self, env_cfg: dict) -> None:
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU'
        self.logger.info(
            f'{self.experiment_name}: {self.world_size} process(es) on {device}, seed {self.seed}, '
            f'results in {self.work_dir}'
        )
        for used in self.cfg.get('env_paths', ()):
            self.logger.info(f'From the environment or .env: {used}')
        if self.rank == 0:
            facts = {**collect_env(), **env_cfg, 'seed': self.seed, 'processes': self.world_size}
            lines = (f'{name}: {value}' for name, value in facts.items())
            Path(self._log_dir, 'environment.txt').write_text('\n'.join(lines) + '\n')

    @master_only
    def dump_config(self) -> None:
        if self._train_loop is None:  # a test must not replace the record of the training in the same folder
            self.cfg.dump(str(Path(self._log_dir, 'config.py')))
        else:
            super().dump_config()

    def _maybe_compile(self, target: str) -> None:
        if self.cfg.get('compile'):
            compile_segmentor(self._bare_model)
            self.logger.info('Compiling backbone and decode head; the first iterations take longer')
