"""Graph encoders: a sampled subgraph in, one vector per entity out. The only home of torch-geometric."""

from kgattn.encoders.composition import COMPOSITIONS as COMPOSITIONS
from kgattn.encoders.entity_encoder import EntityEncoder as EntityEncoder
from kgattn.encoders.graph_features import GraphFeatures as GraphFeatures
from kgattn.encoders.graph_features import SubgraphFeatures as SubgraphFeatures
from kgattn.encoders.label_codes import save_label_codes as save_label_codes
from kgattn.encoders.layers import ENCODERS as ENCODERS
from kgattn.encoders.relational import RelationalLayer as RelationalLayer
from kgattn.encoders.text_codes import text_codes as text_codes
