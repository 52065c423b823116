"""Passwords: how they are hashed, compared and judged.

Argon2id takes 64 MiB and a core for some 50 ms, so only a few are computed at the same time and the others wait
for their turn, without a connection of the database: take the `turn` before the first query. Whoever has made a
query already does not wait, because those whose turn it is may be waiting for his connection.
"""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn_rs_py import zxcvbn

from core import db
from core.errors import Unavailable
from core.i18n import N_, _
from core.scope import NoScope

SHORTEST, LONGEST = 10, 200
STRONG = 3
TELLING_LETTERS = 4
MOST_WAITING = 100

WARNINGS = {
    "StraightRowsOfKeysAreEasyToGuess": N_("Straight rows of keys are easy to guess."),
    "ShortKeyboardPatternsAreEasyToGuess": N_("Short keyboard patterns are easy to guess."),
    "RepeatsLikeAaaAreEasyToGuess": N_("Repeats like “aaa” are easy to guess."),
    "RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess": N_("Repeats like “abcabc” are easy to guess."),
    "ThisIsATop10Password": N_("This is one of the most used passwords."),
    "ThisIsATop100Password": N_("This is one of the most used passwords."),
    "ThisIsACommonPassword": N_("This is a much used password."),
    "ThisIsSimilarToACommonlyUsedPassword": N_("This is close to a much used password."),
    "SequencesLikeAbcAreEasyToGuess": N_("Sequences like “abc” or “6543” are easy to guess."),
    "RecentYearsAreEasyToGuess": N_("Recent years are easy to guess."),
    "AWordByItselfIsEasyToGuess": N_("A word by itself is easy to guess."),
    "DatesAreOftenEasyToGuess": N_("Dates are often easy to guess."),
    "NamesAndSurnamesByThemselvesAreEasyToGuess": N_("Names by themselves are easy to guess."),
    "CommonNamesAndSurnamesAreEasyToGuess": N_("Common names are easy to guess."),
}


class Checked(msgspec.Struct, frozen=True):
    """Whether the password is right, and its new hash when the stored one is out of date."""

    is_right: bool
    new_hash: str | None = None


class Hashing:
    """The scheme in force, the threads it runs in, and the queue in front of them."""

    def __init__(self, *, parallel: int, cheap: bool) -> None:
        time_cost, memory_kib, lanes = (1, 8, 1) if cheap else (3, 65536, 4)
        self.scheme = PasswordHash((Argon2Hasher(time_cost, memory_kib, lanes),))
        self.dummy = self.scheme.hash("nobody has this password")
        self.waiting = 0
        self._parallel = parallel
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="password")
        self._queues: WeakKeyDictionary[Any, asyncio.Semaphore] = WeakKeyDictionary()

    def queue(self) -> asyncio.Semaphore:
        """The queue of the running loop."""
        return self._queues.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._parallel))

    async def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Compute it in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


class Turn:
    """The right to compute hashes now, one after the other."""

    def __init__(self, hashing: Hashing) -> None:
        self._hashing = hashing

    async def hashed(self, password: str) -> str:
        """The hash to keep."""
        return str(await self._hashing.run(self._hashing.scheme.hash, _octets(password)))

    async def check(self, password: str, stored: str | None) -> Checked:
        """Compare with the stored hash. Without one the answer is no, after the same work."""
        hashing = self._hashing
        if stored is None or len(password) > LONGEST:
            await hashing.run(hashing.scheme.verify, _octets(password[:LONGEST]), hashing.dummy)
            return Checked(False)
        return Checked(*await hashing.run(hashing.scheme.verify_and_update, _octets(password), stored))


_hashing: Hashing | None = None


def configure(*, parallel: int = 2, cheap: bool = False) -> None:
    """Say how many hashes this process computes at the same time. `cheap` is for tests and worth nothing else."""
    global _hashing
    _hashing = Hashing(parallel=parallel, cheap=cheap)


@asynccontextmanager
async def turn() -> AsyncIterator[Turn]:
    """Wait for a turn; raises `Unavailable` when too many wait already."""
    hashing = _in_force()
    if _holds_connection():
        yield Turn(hashing)
        return
    if hashing.waiting >= MOST_WAITING:
        raise Unavailable(_("Too many people sign in right now. Please try again in a moment."))
    hashing.waiting += 1
    try:
        async with hashing.queue():
            yield Turn(hashing)
    finally:
        hashing.waiting -= 1


async def hashed(password: str) -> str:
    """The hash to keep, when the turn comes."""
    async with turn() as mine:
        return await mine.hashed(password)


def problem(password: str, *, about: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, in the reader's language; None when it will do.

    `about` is what others know of its owner: the name, the e-mail address, the provider.
    """
    if len(password) < SHORTEST:
        return _("At least %(count)s characters, please.") % {"count": SHORTEST}
    if len(password) > LONGEST:
        return _("At most %(count)s characters, please.") % {"count": LONGEST}
    known = list(_telling_parts(about))
    if any(part in password.casefold() for part in known):
        return _("This contains your name, your address or the provider's name.")
    judged = zxcvbn(_octets(password).decode(errors="replace"), known)
    if int(judged.score) < STRONG:
        warning = repr(judged.feedback.warning).partition(".")[2] if judged.feedback else ""
        return _(WARNINGS.get(warning, N_("This is too easy to guess. Add another word or two.")))
    return None


def _telling_parts(about: Iterable[str]) -> Iterable[str]:
    """The names as they are, their words, and an address without its domain: what a password may not contain."""
    for text in about:
        folded = text.casefold()
        for part in {folded, folded.replace(" ", ""), *folded.partition("@")[0].split()}:
            if len(part) >= TELLING_LETTERS:
                yield part


def _holds_connection() -> bool:
    try:
        return db.scope().queries > 0
    except NoScope:
        return False


def _octets(password: str) -> bytes:
    """One form for what different keyboards send for the same letters."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


def _in_force() -> Hashing:
    global _hashing
    if _hashing is None:
        _hashing = Hashing(parallel=2, cheap=False)
    return _hashing
