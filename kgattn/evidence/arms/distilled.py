"""distilled: what the graph teaches through the text alone.

The plain model learns, from the words without any link, the types and places of what the linker found; then it is
fine-tuned like plain. So biased against distilled is what attention to the graph is worth where a text is read.
"""

from kgattn.evidence.arms.arm import Arm
from kgattn.evidence.arms.plain import nothing

DISTILLED = Arm(
    "distilled",
    "distant supervision as biased has, of the plain model; no link is read",
    "control",
    injection=nothing,
    distant=True,
)
