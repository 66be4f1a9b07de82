"""What the graph says about the mentions of a batch, as biases on pairs of slots and values per slot."""

from kgattn.bias.mention_bias import MentionBias as MentionBias
from kgattn.bias.mention_values import MentionValues as MentionValues
from kgattn.bias.mention_vectors import MentionVectors as MentionVectors
from kgattn.bias.pair_bias import PairBias as PairBias
from kgattn.bias.pair_bias import RelationMatches as RelationMatches
from kgattn.bias.pair_terms import KINDS as KINDS
from kgattn.bias.pair_terms import PairTerms as PairTerms
from kgattn.bias.pair_terms import term_names as term_names
from kgattn.bias.relation_matches import match_relations as match_relations
