"""Knowledge graphs: where they come from, how they are kept, and what is asked of them."""

from kgattn.graph.knowledge_graph import KnowledgeGraph as KnowledgeGraph
from kgattn.graph.rule_engine import rule_pairs as rule_pairs
from kgattn.graph.rules import Rule as Rule
from kgattn.graph.rules import read_rules as read_rules
from kgattn.graph.strings import StringTable as StringTable
from kgattn.graph.subgraph import Subgraph as Subgraph
from kgattn.graph.subgraph import match_pairs as match_pairs
from kgattn.graph.subgraph import pair_relations as pair_relations
from kgattn.graph.subgraph import sample_subgraph as sample_subgraph
