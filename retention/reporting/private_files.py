"""Files that hold customers: for their owner alone, whole or not there, and never among reports."""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from retention.errors import SettingsRefused
from retention.params import RESERVED
from retention.reporting import index, manifest, publishing

_OWNER_ALONE = 0o600


@dataclass(frozen=True)
class Staged:
    """A file that is whole and has not its name yet; `sha256` and `size` are of its bytes."""

    place: Path
    target: Path
    sha256: str
    size: int

    def put(self, *, force: bool) -> None:
        """Give the file its name. Raises SettingsRefused where it is taken and `force` is not set.

        A link refuses a name that is taken, also one taken a moment ago; a rename would not.
        """
        if force:
            self.place.replace(self.target)
            return
        try:
            self.target.hardlink_to(self.place)
        except FileExistsError:
            raise SettingsRefused([taken(self.target)]) from None
        except OSError:  # a file system without links
            if os.path.lexists(self.target):
                raise SettingsRefused([taken(self.target)]) from None
            self.place.replace(self.target)


@contextlib.contextmanager
def staged(target: Path, chunks: Iterable[bytes]) -> Iterator[Staged]:
    """Write the chunks beside `target`, readable by the owner alone from the first byte on.

    What has not been `put` by the end is gone then.
    """
    place = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    digest, size = hashlib.sha256(), 0
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
    try:
        with os.fdopen(handle, "wb") as stream:
            # The mask of the process may have taken rights away, never given any.
            place.chmod(_OWNER_ALONE)
            for chunk in chunks:
                digest.update(chunk)
                size += stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        yield Staged(place, target, digest.hexdigest(), size)
    finally:
        place.unlink(missing_ok=True)


def problems(target: Path, *, reports: Path) -> list[str]:
    """Return why no file of customers may be written there, in words; none where it may."""
    folder = target.parent.resolve()
    if not folder.is_dir():
        return [f"--out {target}: there is no folder {target.parent}; make it first"]
    places = (folder, *folder.parents)
    for place in places:
        if place == reports.resolve() or _is_published(place):
            return [
                f"--out {target}: lies among reports ({place.name}), and these go to people who "
                "must not see customers; choose a folder of its own, for instance audiences"
            ]
    return [f"--out {target}: is a folder; name a file in it"] if target.is_dir() else []


def taken(target: Path) -> str:
    """What is said of a name that a file has already."""
    return f"{target}: exists; name another file, or overwrite it with --force"


def _is_published(folder: Path) -> bool:
    """Whether the folder looks like reports, one unit's reports, or one report."""
    found = manifest.read(folder / manifest.NAME)
    names = {"slug", "as_of", "schema"}
    return (
        (found is not None and names <= found.keys())
        or (folder / publishing.LATEST).is_file()
        or ((folder / index.NAME).is_file() and any((folder / name).is_dir() for name in RESERVED))
    )
