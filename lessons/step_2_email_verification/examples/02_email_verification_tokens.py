"""Three ways to make the link in a verification message, and what each of them lets an attacker do.

Run it with `python 02_email_verification_tokens.py`. It needs no server, no network and no files. Each attack is really
carried out, against a small site that makes its links in one of the three ways; where time has to pass, the clock is
moved. It ends with 0 if all that it claims holds, and with 1 if something does not.
"""

import base64
import io
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import jwt
import time_machine
from jwt.types import Options

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was so when the chapter ran."""

KEY = "the one key of a site that has only one key"
MAIL_KEY = "a key that signs links in messages and nothing else"
ALGORITHM = "HS256"


# ------------------------------------------------------------------------------------------------------------ the sites


@dataclass
class Account:
    """Somebody's account. The address is theirs for sure when `is_verified`."""

    id: int
    email: str
    is_verified: bool = False


class Refused(Exception):
    """The site does not take this token."""


class Site:
    """A site with accounts. How its links are made is left to the three kinds below."""

    title: ClassVar[str]

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}

    def register(self, email: str) -> Account:
        account = Account(len(self.accounts) + 1, email)
        self.accounts[account.id] = account
        return account

    def change_address(self, account: Account, email: str) -> None:
        """The new address is anybody's, until a link is followed that was sent there."""
        account.email, account.is_verified = email, False

    def make_link(self, account: Account) -> str:
        """What goes to the account's address: the part of the link that matters."""
        raise NotImplementedError

    def follow(self, token: str) -> Account:
        """The account whose address is verified now. Raises Refused."""
        raise NotImplementedError

    def log_in(self, account: Account) -> str:
        """An access token, after the right password."""
        raise NotImplementedError

    def user(self, access_token: str) -> Account:
        """Whoever comes with this access token. Raises Refused."""
        raise NotImplementedError

    def tokens_in_the_database(self) -> list[str]:
        """What somebody reads who gets hold of a backup."""
        return []


class UuidSite(Site):
    """A link is a random number that stands in the user's row."""

    title = "bare UUID"

    def __init__(self) -> None:
        super().__init__()
        self._links: dict[str, int] = {}
        self._sessions: dict[str, int] = {}

    def make_link(self, account: Account) -> str:
        return self._new(self._links, account)

    def follow(self, token: str) -> Account:
        account = self._find(self._links, token)
        account.is_verified = True
        del self._links[token]
        return account

    def log_in(self, account: Account) -> str:
        return self._new(self._sessions, account)

    def user(self, access_token: str) -> Account:
        return self._find(self._sessions, access_token)

    def tokens_in_the_database(self) -> list[str]:
        return list(self._links)

    def _new(self, table: dict[str, int], account: Account) -> str:
        token = str(uuid.uuid4())
        table[token] = account.id
        return token

    def _find(self, table: Mapping[str, int], token: str) -> Account:
        if token not in table:
            raise Refused
        return self.accounts[table[token]]


class BareJwtSite(Site):
    """Every token is a JWT that says who, signed with the site's key. It is the first thing that comes to mind."""

    title = "bare JWT"

    def make_link(self, account: Account) -> str:
        return self._token(account)

    def follow(self, token: str) -> Account:
        account = self._read(token)
        account.is_verified = True
        return account

    def log_in(self, account: Account) -> str:
        return self._token(account)

    def user(self, access_token: str) -> Account:
        return self._read(access_token)

    def _token(self, account: Account) -> str:
        return jwt.encode({"sub": str(account.id)}, KEY, ALGORITHM)

    def _read(self, token: str) -> Account:
        try:
            return self.accounts[int(jwt.decode(token, KEY, algorithms=[ALGORITHM])["sub"])]
        except (jwt.InvalidTokenError, KeyError, ValueError):
            raise Refused from None


class FullJwtSite(Site):
    """A JWT that says who, which address, what for and until when. Links have a key of their own."""

    title = "JWT, all of it"
    keys: ClassVar[dict[str, str]] = {"access": KEY, "verify": MAIL_KEY}
    lifetimes: ClassVar[dict[str, timedelta]] = {"access": timedelta(minutes=30), "verify": timedelta(hours=24)}

    def make_link(self, account: Account) -> str:
        return self._token(account, "verify")

    def follow(self, token: str) -> Account:
        account = self._read(token, "verify")
        account.is_verified = True
        return account

    def log_in(self, account: Account) -> str:
        return self._token(account, "access")

    def user(self, access_token: str) -> Account:
        return self._read(access_token, "access")

    def _token(self, account: Account, purpose: str) -> str:
        until = datetime.now(UTC) + self.lifetimes[purpose]
        said = {"sub": str(account.id), "email": account.email, "purpose": purpose, "exp": until}
        return jwt.encode(said, self.keys[purpose], ALGORITHM)

    def _read(self, token: str, purpose: str) -> Account:
        demanded: Options = {"require": ["sub", "email", "purpose", "exp"]}
        try:
            said = jwt.decode(token, self.keys[purpose], algorithms=[ALGORITHM], options=demanded)
            account = self.accounts[int(said["sub"])]
        except (jwt.InvalidTokenError, KeyError, ValueError):
            raise Refused from None
        if said["purpose"] != purpose or said["email"] != account.email:
            raise Refused
        return account


SITES: tuple[type[Site], ...] = (UuidSite, BareJwtSite, FullJwtSite)


# ---------------------------------------------------------------------------------------------------- what one can read


def payload(token: str) -> dict[str, Any]:
    """What a JWT says. No key is needed to read it."""
    middle = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return said


def what_is_in_a_link() -> Claims:
    """What anybody can read in a link, without any key"""
    rows, read = [], {}
    for kind in SITES:
        site = kind()
        token = site.make_link(site.register("ann@example.com"))
        read[kind] = payload(token) if "." in token else {}
        said = ", ".join(f"{name} {value}" for name, value in read[kind].items() if name != "exp")
        rows.append(
            (site.title, f"{len(token)} letters", f"{said}{', exp' if 'exp' in read[kind] else ''}" or "nothing")
        )
    print_table(("way", "length", "what it says"), rows)
    return {
        "a JWT is signed, not encrypted: put no secret into it": read[FullJwtSite]["email"] == "ann@example.com",
        "a UUID says nothing: its meaning stands in a table": read[UuidSite] == {},
    }


# -------------------------------------------------------------------------------------------------------------- forging


def with_payload(token: str, said: Mapping[str, Any]) -> str:
    """The token with other words in it, and its old signature."""
    head, _, signature = token.split(".")
    return ".".join((head, encoded(said), signature))


def without_signature(said: Mapping[str, Any]) -> str:
    """A token whose head says that it is not signed at all."""
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(said)}."


def encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def read_carelessly(token: str) -> dict[str, Any]:
    said: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return said


def read_with_the_key(token: str) -> dict[str, Any]:
    said: dict[str, Any] = jwt.decode(token, KEY, algorithms=[ALGORITHM])
    return said


def forged_links() -> Claims:
    """Ann owns link number 1 and wants number 2, which is the boss"""
    own = jwt.encode({"sub": "1"}, KEY, ALGORITHM)
    forged = {
        "her own link, untouched": own,
        "1 changed to 2, same signature": with_payload(own, {"sub": "2"}),
        'head says "alg": "none"': without_signature({"sub": "2"}),
        "signed with a key of her own": jwt.encode({"sub": "2"}, "a key of Ann's own, as long as yours", ALGORITHM),
    }
    readers = {"without verifying": read_carelessly, "key and algorithm given": read_with_the_key}
    rows, taken = [], {}
    for name, token in forged.items():
        taken[name] = {reader: outcome(read, token) for reader, read in readers.items()}
        rows.append((name, *taken[name].values()))
    print_table(("Ann sends", *readers), rows)
    careful = [answers["key and algorithm given"] for answers in taken.values()]
    return {
        "who does not verify the signature verifies nothing": all(
            answers["without verifying"].startswith("user") for answers in taken.values()
        ),
        "with key and algorithm given, only the genuine one is taken": careful[0] == "user 1"
        and not any(answer.startswith("user") for answer in careful[1:]),
    }


def outcome(read: Callable[[str], dict[str, Any]], token: str) -> str:
    try:
        return f"user {read(token)['sub']}"
    except jwt.InvalidTokenError as error:
        return type(error).__name__


# ------------------------------------------------------------------------------------------------------------- guessing

NODE, SEQUENCE = uuid.getnode(), 4711
"""The machine and a number of its own: uuid1 puts both into every id that it makes."""


def uuids_between(first: uuid.UUID, last: uuid.UUID) -> Iterable[uuid.UUID]:
    """All that the same machine can have made between these two: one for each ten-millionth of a second."""
    for moment in range(first.time + 1, last.time):
        low, middle, high = moment & 0xFFFFFFFF, (moment >> 32) & 0xFFFF, (moment >> 48) & 0x0FFF
        yield uuid.UUID(
            fields=(low, middle, high, first.clock_seq_hi_variant, first.clock_seq_low, first.node), version=1
        )


def guessed_links() -> Claims:
    """Ann registers, then the boss, then Ann again. Do her links tell her the boss's?"""
    rows, found = [], {}
    makers: dict[str, Callable[[], uuid.UUID]] = {
        "uuid1": lambda: uuid.uuid1(NODE, SEQUENCE),
        "uuid4": uuid.uuid4,
    }
    for name, make in makers.items():
        links = []
        for _ in range(3):
            links.append(make())
            time.sleep(0.0005)
        first, wanted, last = links
        began = time.perf_counter()
        guesses = 0
        found[name] = False
        if first.version == 1:
            for guess in uuids_between(first, last):
                guesses += 1
                if guess == wanted:
                    found[name] = True
                    break
        took = f"after {guesses} guesses, {time.perf_counter() - began:.2f} s" if found[name] else "no: 2^122 to try"
        rows.append((name, str(first)[:13] + "…", str(wanted)[:13] + "…", took))
    print_table(("made by", "Ann's first link", "the boss's link", "found"), rows)
    return {
        "uuid1 is a clock and a machine's number: the link is found": found["uuid1"],
        "uuid4 is random: Ann's own links tell her nothing": not found["uuid4"],
    }


# -------------------------------------------------------------------------------------------------------------- attacks


def changed(site: Site) -> bool:
    """Ann changes her own link, so that it would be the boss's."""
    own, boss = site.make_link(site.register("ann@example.com")), site.register("boss@example.com")
    site.make_link(boss)
    forged = with_payload(own, {**payload(own), "sub": str(boss.id)}) if "." in own else str(uuid.uuid4())
    return taken(site.follow, forged)


def link_as_access_token(site: Site) -> bool:
    """Somebody reads a message that is not theirs, and sends the link's token in place of an access token."""
    return taken(site.user, site.make_link(site.register("boss@example.com")))


def access_token_as_link(site: Site) -> bool:
    """Ann, logged in, gives the boss's address as her new one, and follows a "link" made of her access token."""
    ann = site.register("ann@example.com")
    access_token = site.log_in(ann)
    site.change_address(ann, "boss@example.com")
    return taken(site.follow, access_token)


def old_link(site: Site) -> bool:
    """A message of last year is found in an old mailbox, and its link is followed."""
    token = site.make_link(site.register("ann@example.com"))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=365)):
        return taken(site.follow, token)


def changed_address(site: Site) -> bool:
    """Ann gets a link at her own address, then gives the boss's as her new one, and follows the link now."""
    ann = site.register("ann@example.com")
    token = site.make_link(ann)
    site.change_address(ann, "boss@example.com")
    return taken(site.follow, token) and ann.is_verified


def read_backup(site: Site) -> bool:
    """Somebody reads a backup of the database, and follows all links that stand in it."""
    site.make_link(site.register("boss@example.com"))
    return any(taken(site.follow, token) for token in site.tokens_in_the_database())


def known_mail_key(site: Site) -> bool:
    """The key of links becomes known, and somebody signs an access token of the boss's with it."""
    boss = site.register("boss@example.com")
    token = site.make_link(boss)
    if "." not in token:
        return False
    key = MAIL_KEY if isinstance(site, FullJwtSite) else KEY
    said = {**payload(token), "purpose": "access"}
    return taken(site.user, jwt.encode(said, key, ALGORITHM))


def taken(door: Callable[[str], Account], token: str) -> bool:
    try:
        door(token)
    except Refused:
        return False
    return True


ATTACKS: dict[str, Callable[[Site], bool]] = {
    "forge a link": changed,
    "log in with a link": link_as_access_token,
    "verify with an access token": access_token_as_link,
    "follow a link of last year": old_link,
    "follow it after a change of address": changed_address,
    "read a backup of the database": read_backup,
    "log in, knowing the key of links": known_mail_key,
}


def attacks() -> Claims:
    """Seven attacks on three ways to make a link"""
    works = {name: {kind: attack(kind()) for kind in SITES} for name, attack in ATTACKS.items()}
    print_table(
        ("the attacker tries to", *(kind.title for kind in SITES)),
        [(name, *("WORKS" if result[kind] else "refused" for kind in SITES)) for name, result in works.items()],
    )
    return {
        "a UUID cannot be mixed up, but it is good for ever and lies in the table": [
            name for name, result in works.items() if result[UuidSite]
        ]
        == ["follow a link of last year", "follow it after a change of address", "read a backup of the database"],
        "a bare JWT cannot be forged, but it fits every door, for ever": [
            name for name, result in works.items() if not result[BareJwtSite]
        ]
        == ["forge a link", "read a backup of the database"],
        "expiry, purpose, address and a key of its own: nothing works": not any(
            result[FullJwtSite] for result in works.values()
        ),
    }


# ------------------------------------------------------------------------------------------ a purpose or a key, or both


def mixed_up(*, purpose: bool, own_key: bool, same_keys: bool = False, forgotten: bool = False) -> bool:
    """Whether an endpoint takes a link for an access token. `forgotten`: it does not look at the purpose."""
    mail_key = KEY if same_keys or not own_key else MAIL_KEY
    link = jwt.encode({"sub": "1", **({"purpose": "verify"} if purpose else {})}, mail_key, ALGORITHM)
    try:
        said = jwt.decode(link, KEY, algorithms=[ALGORITHM])
    except jwt.InvalidSignatureError:
        return False
    return forgotten or not purpose or said["purpose"] == "access"


def purpose_and_key() -> Claims:
    """A purpose, a key of its own, or both: is a link taken for an access token?"""
    designs = {
        "neither": {"purpose": False, "own_key": False},
        "a purpose": {"purpose": True, "own_key": False},
        "a key of its own": {"purpose": False, "own_key": True},
        "both": {"purpose": True, "own_key": True},
    }
    accidents: dict[str, dict[str, bool]] = {
        "all as planned": {},
        "both keys are equal": {"same_keys": True},
        "purpose not looked at": {"forgotten": True},
    }
    results = {
        name: [mixed_up(**design, **accident) for accident in accidents.values()] for name, design in designs.items()
    }
    print_table(
        ("a token has", *accidents),
        [(name, *("TAKEN" if each else "refused" for each in result)) for name, result in results.items()],
    )
    return {
        "either of them is enough as long as nobody makes a mistake": not results["a purpose"][0]
        and not results["a key of its own"][0],
        "and one mistake is enough for either": results["a purpose"][2] and results["a key of its own"][1],
        "both survive each of the two": not any(results["both"]),
    }


# -------------------------------------------------------------------------------------------- what the library looks at


def what_the_library_checks() -> Claims:
    """What PyJWT looks at by itself, and what it looks at when it is told to"""
    now = datetime.now(UTC)
    good = {"sub": "1", "purpose": "verify", "exp": now + timedelta(hours=24)}
    tokens: dict[str, dict[str, Any]] = {
        "all is well": good,
        "expired a minute ago": {**good, "exp": now - timedelta(minutes=1)},
        "has no exp": {"sub": "1", "purpose": "verify"},
        "sub is a number": {**good, "sub": 1},
        "made for something else": {**good, "purpose": "access"},
    }
    rows, seen = [], {}
    for name, said in tokens.items():
        token = jwt.encode(said, KEY, ALGORITHM)
        options: tuple[Options, ...] = ({}, {"require": ["sub", "exp", "purpose"]})
        seen[name] = [decoded(token, each) for each in options]
        rows.append((name, *seen[name]))
    print_table(("the token", "key and algorithms", "and require=[...]"), rows)
    return {
        "the time is looked at, but only if there is one": seen["has no exp"][0] == "taken"
        and seen["expired a minute ago"][0] == "ExpiredSignatureError",
        "so say which claims you require": seen["has no exp"][1] == "MissingRequiredClaimError",
        "an id must be a text in sub": seen["sub is a number"][0] == "InvalidSubjectError",
        "what a token is for, nobody looks at but you": seen["made for something else"] == ["taken", "taken"],
    }


def decoded(token: str, options: Options) -> str:
    try:
        jwt.decode(token, KEY, algorithms=[ALGORITHM], options=options)
    except jwt.InvalidTokenError as error:
        return type(error).__name__
    return "taken"


# ------------------------------------------------------------------------------------------------------- followed twice


def followed_twice() -> Claims:
    """The mail program looks where the link leads, before Ann does"""
    rows, second = [], {}
    for kind in SITES:
        site = kind()
        token = site.make_link(site.register("ann@example.com"))
        first = taken(site.follow, token)
        second[kind] = taken(site.follow, token)
        rows.append(
            (site.title, *("Welcome!" if each else "This link is not valid." for each in (first, second[kind])))
        )
    print_table(("way", "the mail program sees", "Ann sees"), rows)
    return {
        "a link that is gone after its first use fails for Ann": not second[UuidSite],
        "to be verified twice does no harm": second[FullJwtSite],
    }


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    what_is_in_a_link,
    forged_links,
    guessed_links,
    attacks,
    purpose_and_key,
    what_the_library_checks,
    followed_twice,
)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table with a frame, each column as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def main() -> int:
    """Runs every chapter and says which of its claims hold. 1 if one does not."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        for claim, holds in chapter().items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
