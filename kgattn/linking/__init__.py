"""Linking: from text to the mentions of a graph's entities, and on to the tokens of a model. The home of spaCy."""

from kgattn.linking.config import LinkerConfig as LinkerConfig
from kgattn.linking.entity_linker import EntityLinker as EntityLinker
from kgattn.linking.processor import Processor as Processor
from kgattn.linking.stop_list import read_stop_list as read_stop_list
