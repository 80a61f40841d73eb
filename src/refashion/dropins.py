"""Drop-ins: modules found by name, in the folder of a study or else in the library.

A study may bring its own models and datasets, as `models/<name>.py` and `datasets/<name>.py` in its
folder. They follow the same rules as the modules of the library, and come before them.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from refashion import sources
from refashion.errors import ConfigError, choices, one_line


@dataclass(frozen=True)
class Kind:
    """A kind of drop-in.

    Attributes
    ----------
    folder
        Folder of the modules, in the library and in a study: "models" or "datasets".
    noun
        What one of them is called in messages.
    defines
        Names that each module must define.
    """

    folder: str
    noun: str
    defines: Sequence[str]

    def names(self, study: Path | None = None) -> list[str]:
        """Return the names of all modules that a study can use, sorted.

        Parameters
        ----------
        study
            Folder of the study; None for those of the library alone.
        """
        places = [sources.PACKAGE, *([study] if study else [])]
        files = [file for place in places for file in place.joinpath(self.folder).glob("*.py")]
        return sorted({file.stem for file in files if not file.stem.startswith("_")})

    def file(self, name: str, study: Path | None = None) -> Path:
        """Return the file of a module: that of the study, or else that of the library.

        Parameters
        ----------
        name
            Name of the module.
        study
            Folder of the study, or None.

        Raises
        ------
        ValueError
            There is no such module.
        """
        if name.isidentifier() and not name.startswith("_"):
            library = sources.PACKAGE / self.folder / f"{name}.py"
            if own := self._own(name, study):
                return own
            if library.is_file():
                return library
        known = self.names(study)
        raise ValueError(f"no {self.noun} {name!r}; {choices(name, known)}")

    def module(self, name: str, study: Path | None = None) -> ModuleType:
        """Import a module: that of the study, or else that of the library.

        Parameters
        ----------
        name
            One of `names(study)`.
        study
            Folder of the study, or None.

        Raises
        ------
        ValueError
            There is no such module.
        ConfigError
            A study's own module cannot be imported, or lacks something.
        """
        self.file(name, study)
        own = self._own(name, study)
        if study is None or own is None:
            return importlib.import_module(f"refashion.{self.folder}.{name}")
        try:
            module = importlib.import_module(f"{_package(study)}.{self.folder}.{name}")
        except Exception as error:  # it is code of the study, which may raise anything
            why = one_line(f"{type(error).__name__}: {error}")
            raise ConfigError(f"{own}: cannot be imported: {why}") from error
        missing = [attribute for attribute in self.defines if not hasattr(module, attribute)]
        if missing:
            raise ConfigError(
                f"{own}: does not define {', '.join(missing)}; accepted: a module that defines "
                f"{', '.join(self.defines)}"
            )
        return module

    def _own(self, name: str, study: Path | None) -> Path | None:
        """Return the file of a study's own module, or None if it has none of this name."""
        own = study / self.folder / f"{name}.py" if study else None
        return own if own and own.is_file() else None


def _package(study: Path) -> str:
    """Make the folder of a study a package, so that its modules can import each other.

    The name contains a digest of the path, because two projects may have a study of one name.
    """
    place = str(study.resolve())
    name = f"study_{study.name}_{hashlib.sha256(place.encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [place]
        sys.modules[name] = package
    return name
