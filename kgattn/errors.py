"""The exceptions kgattn raises on purpose.

Every message says what was expected, what came, and what to do, and is raised before anything is changed.
The command line prints such a message as one line and exits with code 2.
"""


class KgattnError(ValueError):
    """A wrong input or request; the parent of every error below."""


class GraphError(KgattnError):
    """A knowledge graph cannot be built, read or written as asked."""


class LinkingError(KgattnError):
    """An entity linker or a processor was asked for something it cannot do."""


class SlotError(KgattnError):
    """Mention slots, candidates or priors are out of range or do not fit the batch."""


class InjectionError(KgattnError):
    """A model cannot take, or does not hold, an injection."""


class KernelError(KgattnError):
    """An attention kernel that was asked for by name cannot serve a call."""


class PluginError(KgattnError):
    """A saved plugin does not fit this version of kgattn or this model."""


class CorpusError(KgattnError):
    """A corpus is absent, malformed or inconsistent; the message names file and line."""


class ConfigError(KgattnError):
    """A setting is unknown or out of range."""


class RunError(KgattnError):
    """A run folder is absent, incomplete or belongs to another configuration."""


class StorageError(KgattnError, OSError):
    """Writing failed (disk full, no permission); what was there before is untouched."""


class RuleError(KgattnError):
    """A rule is no query of the kind that is allowed, or asks for more than the limits of time, memory or pairs."""
