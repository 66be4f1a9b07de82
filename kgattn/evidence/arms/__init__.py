"""The arms of a comparison: the same training run with more, less or wrong knowledge, one file an arm."""

from kgattn.evidence.arms.arm import Arm as Arm
from kgattn.evidence.arms.arm import ArmInput as ArmInput
from kgattn.evidence.arms.arm import Role as Role
from kgattn.evidence.arms.arm import Tagger as Tagger
from kgattn.evidence.arms.registry import ARMS as ARMS
from kgattn.evidence.arms.registry import parse_arms as parse_arms
