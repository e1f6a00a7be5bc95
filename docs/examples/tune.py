"""Look for a learning rate and a way to balance classes, by short trainings.

pip install optuna
python docs/examples/tune.py data/mine/mine.py --trials 10
"""

import argparse
from pathlib import Path

import mmseg_facenext.register  # noqa: F401
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train


def objective(trial, config: str, iterations: int) -> float:
    """Best mIoU of a training with what optuna suggests."""
    rate = trial.suggest_float('lr', 1e-4, 1e-2, log=True)
    balance = trial.suggest_categorical('balance', [None, 'weights', 'sampling'])
    options = {
        'optim_wrapper.optimizer.lr': rate,
        'train_cfg.max_iters': iterations,
        'train_cfg.val_interval': iterations,
        'work_dir': str(Path('work_dirs/tune') / f'trial_{trial.number}'),
    }
    runner = train(load_config(config, options), seed=0, balance=balance)
    return float(runner.message_hub.get_info('best_score'))


def main() -> None:
    import optuna

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config')
    parser.add_argument('--trials', type=int, default=10)
    parser.add_argument('--iterations', type=int, default=100)
    args = parser.parse_args()
    study = optuna.create_study(direction='maximize')
    study.optimize(lambda trial: objective(trial, args.config, args.iterations), n_trials=args.trials)
    print(f'{study.best_value:.2f} with {study.best_params}')


if __name__ == '__main__':
    main()
