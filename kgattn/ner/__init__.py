"""Named entity recognition: corpora, features for a model, predictions and scores."""

from kgattn.ner.corpus import Corpus as Corpus
from kgattn.ner.corpus import Sentence as Sentence
from kgattn.ner.corpus import load_corpus as load_corpus
from kgattn.ner.labels import LabelSet as LabelSet
from kgattn.ner.pipeline import pipeline as pipeline
