"""Fine-tuning on a corpus: settings, runs that resume, and what a run leaves behind."""

from kgattn.training.config import TrainConfig as TrainConfig
from kgattn.training.result import RunResult as RunResult
