"""Forms a user does not want linked: `kgattn doctor --stop-list FILE` proposes them, an editor makes them right."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kgattn.errors import LinkingError
from kgattn.linking.atoms import fold, pieces
from kgattn.linking.policy import is_acronym

_COMMENT = "# "


@dataclass(frozen=True)
class StopList:
    """Aliases that are not matched.

    Attributes:
        spelled: The forms, their atoms joined by blanks: a corpus writes `Mid - Atlantic` for `Mid-Atlantic`.
        folded: The same in folded case.
    """

    spelled: frozenset[str]
    folded: frozenset[str]

    @classmethod
    def of(cls, forms: Iterable[str]) -> "StopList":
        """A stop list of some forms."""
        kept = list(forms)
        return cls(frozenset(map(_atoms, kept)), frozenset(_atoms(fold(form)) for form in kept))

    def holds(self, alias: str) -> bool:
        """Whether an alias is one of the forms, case aside; an acronym only as it is spelled: `cat` spares `CAT`."""
        if not self.folded:
            return False
        return _atoms(fold(alias)) in self.folded and (not is_acronym(alias.strip()) or _atoms(alias) in self.spelled)


def read_stop_list(path: str | Path) -> tuple[str, ...]:
    """Read a stop list for `LinkerConfig(stop_list=...)`.

    Args:
        path: UTF-8 text, a form a line; what follows a tab is a remark. Blank lines and those that begin with a hash
            sign and a blank are skipped.

    Raises:
        LinkingError: It cannot be read as UTF-8 text.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise LinkingError(f"{path}: cannot be read ({error.strerror}); give a stop list, one form a line") from error
    except UnicodeDecodeError as error:
        raise LinkingError(f"{path}: expected UTF-8 text, got other bytes ({error.reason}); convert it") from error
    forms = (line.split("\t")[0].strip() for line in lines if not line.startswith(_COMMENT))
    return tuple(form for form in forms if form)


def _atoms(text: str) -> str:
    return " ".join(pieces(text))
