"""Mentions of entities in text, and their form as tensors."""

from kgattn.mentions.batch import MentionBatch as MentionBatch
from kgattn.mentions.mention import Candidate as Candidate
from kgattn.mentions.mention import Mention as Mention
from kgattn.mentions.slot_layout import SlotLayout as SlotLayout
