from .confusion import Scores, confusion_matrix, scores
from .face_metric import FaceMetric, check_metrics
from .summary import EvaluationSummary, Protocol

__all__ = [
    'EvaluationSummary',
    'FaceMetric',
    'Protocol',
    'Scores',
    'check_metrics',
    'confusion_matrix',
    'scores',
]
