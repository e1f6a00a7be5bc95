from mmseg_facenext.evaluation.confusion import Scores, confusion_matrix, scores
from mmseg_facenext.evaluation.face_metric import FaceMetric, check_metrics
from mmseg_facenext.evaluation.summary import EvaluationSummary, Protocol

__all__ = [
    'EvaluationSummary',
    'FaceMetric',
    'Protocol',
    'Scores',
    'check_metrics',
    'confusion_matrix',
    'scores',
]
