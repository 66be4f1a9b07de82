"""Entity vectors from the graph alone: link-prediction models trained on its triples, and how well they rank."""

from kgattn.encoders.pretraining.pretrain import PretrainingResult as PretrainingResult
from kgattn.encoders.pretraining.pretrain import pretrain as pretrain
from kgattn.encoders.pretraining.ranking import Ranks as Ranks
from kgattn.encoders.pretraining.ranking import rank_triples as rank_triples
from kgattn.encoders.pretraining.settings import PretrainingSettings as PretrainingSettings
from kgattn.encoders.pretraining.split import Split as Split
from kgattn.encoders.pretraining.split import given_split as given_split
from kgattn.encoders.pretraining.split import hold_out as hold_out
