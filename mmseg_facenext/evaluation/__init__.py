from .confusion import Scores, confusion_matrix, merged_f1, scores
from .face_metric import KNOWN_METRICS, FaceMetric, check_metrics, result_keys
from .summary import EvaluationSummary, Protocol

__all__ = [
    'KNOWN_METRICS',
    'EvaluationSummary',
    'FaceMetric',
    'Protocol',
    'Scores',
    'check_metrics',
    'confusion_matrix',
    'merged_f1',
    'result_keys',
    'scores',
]
