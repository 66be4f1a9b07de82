"""Knowledge graphs: where they come from, how they are kept, and what is asked of them."""

from kgattn.graph.knowledge_graph import KnowledgeGraph as KnowledgeGraph
from kgattn.graph.strings import StringTable as StringTable
from kgattn.graph.subgraph import Subgraph as Subgraph
from kgattn.graph.subgraph import pair_relations as pair_relations
from kgattn.graph.subgraph import sample_subgraph as sample_subgraph
