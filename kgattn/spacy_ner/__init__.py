"""The spaCy component `kgattn_ner`: a trained run in a pipeline."""

from kgattn.spacy_ner.factory import FACTORY as FACTORY
from kgattn.spacy_ner.factory import make_kgattn_ner as make_kgattn_ner
