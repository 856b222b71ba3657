"""Three designs of the link in a verification message, and the attacks that work on each.

Run it with `python 02_email_verification_tokens.py`. It needs no server, no network and no files. It runs each attack
against a small site that makes its links by one of the three designs. Where time has to pass, it moves the clock. It
exits with 0 if every claim that it prints is true, and with 1 otherwise.
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
"""The claims of a chapter, and whether each of them was true when the chapter ran."""

KEY = "the one key of a site that has only one key"
MAIL_KEY = "a key that signs links in messages and nothing else"
ALGORITHM = "HS256"


# ------------------------------------------------------------------------------------------------------------ the sites


@dataclass
class Account:
    """An account. If `is_verified`, the user has proved that the address is theirs."""

    id: int
    email: str
    is_verified: bool = False


class Refused(Exception):
    """The site does not accept this token."""


class Site:
    """A site with accounts. Each of the three subclasses makes its links in another way."""

    title: ClassVar[str]

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}

    def register(self, email: str) -> Account:
        account = Account(len(self.accounts) + 1, email)
        self.accounts[account.id] = account
        return account

    def change_address(self, account: Account, email: str) -> None:
        """Sets a new address. It is not verified until the user follows a link that was sent to it."""
        account.email, account.is_verified = email, False

    def make_link(self, account: Account) -> str:
        """Returns the token of the link that is sent to the account's address."""
        raise NotImplementedError

    def follow(self, token: str) -> Account:
        """Verifies an address by the token of a link. Returns the account. Raises Refused."""
        raise NotImplementedError

    def log_in(self, account: Account) -> str:
        """Returns an access token. The caller has checked the password."""
        raise NotImplementedError

    def user(self, access_token: str) -> Account:
        """Returns the account to which an access token belongs. Raises Refused."""
        raise NotImplementedError

    def tokens_in_the_database(self) -> list[str]:
        """Returns the tokens that a backup of the database contains."""
        return []


class UuidSite(Site):
    """A link is a random number, stored in the user's row."""

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
    """Every token is a JWT with the user's id, signed with the one key of the site."""

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
    """A JWT with the user's id, the address, the purpose and the expiry time. Links have a separate key."""

    title = "JWT, full"
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


# ------------------------------------------------------------------------------------------------- the content of a JWT


def payload(token: str) -> dict[str, Any]:
    """Returns the claims of a JWT. Reading them needs no key."""
    middle = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return said


def what_is_in_a_link() -> Claims:
    """The content of a link that everyone can read, without a key"""
    rows, read = [], {}
    for kind in SITES:
        site = kind()
        token = site.make_link(site.register("ann@example.com"))
        read[kind] = payload(token) if "." in token else {}
        said = ", ".join(f"{name} {value}" for name, value in read[kind].items() if name != "exp")
        rows.append(
            (site.title, f"{len(token)} characters", f"{said}{', exp' if 'exp' in read[kind] else ''}" or "(nothing)")
        )
    print_table(("design", "length", "content"), rows)
    return {
        "a JWT is signed, not encrypted: put no secret into it": read[FullJwtSite]["email"] == "ann@example.com",
        "a UUID contains no data: its meaning is stored in a table": read[UuidSite] == {},
    }


# -------------------------------------------------------------------------------------------------------------- forging


def with_payload(token: str, said: Mapping[str, Any]) -> str:
    """Returns the token with other claims and the old signature."""
    head, _, signature = token.split(".")
    return ".".join((head, encoded(said), signature))


def without_signature(said: Mapping[str, Any]) -> str:
    """Returns a token whose header states that it has no signature."""
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
    """Ann has the link of user 1. She wants to be user 2, who is the boss"""
    own = jwt.encode({"sub": "1"}, KEY, ALGORITHM)
    forged = {
        "her own link, not changed": own,
        "1 changed to 2, same signature": with_payload(own, {"sub": "2"}),
        'the header says "alg": "none"': without_signature({"sub": "2"}),
        "signed with another key": jwt.encode({"sub": "2"}, "a key that Ann chose, as long as yours", ALGORITHM),
    }
    readers = {"without verifying": read_carelessly, "key and algorithm given": read_with_the_key}
    rows, taken = [], {}
    for name, token in forged.items():
        taken[name] = {reader: outcome(read, token) for reader, read in readers.items()}
        rows.append((name, *taken[name].values()))
    print_table(("Ann sends", *readers), rows)
    careful = [answers["key and algorithm given"] for answers in taken.values()]
    return {
        "without a check of the signature, all four are accepted": all(
            answers["without verifying"].startswith("user") for answers in taken.values()
        ),
        "with key and algorithm, only the genuine token is accepted": careful[0] == "user 1"
        and not any(answer.startswith("user") for answer in careful[1:]),
    }


def outcome(read: Callable[[str], dict[str, Any]], token: str) -> str:
    try:
        return f"user {read(token)['sub']}"
    except jwt.InvalidTokenError as error:
        return type(error).__name__


# ------------------------------------------------------------------------------------------------------------- guessing

NODE, SEQUENCE = uuid.getnode(), 4711
"""The id of the machine, and a fixed number. uuid1 writes both into every id that it makes."""


def uuids_between(first: uuid.UUID, last: uuid.UUID) -> Iterable[uuid.UUID]:
    """Returns every uuid1 that the machine can have made between these two: one for each tenth of a microsecond."""
    for moment in range(first.time + 1, last.time):
        low, middle, high = moment & 0xFFFFFFFF, (moment >> 32) & 0xFFFF, (moment >> 48) & 0x0FFF
        yield uuid.UUID(
            fields=(low, middle, high, first.clock_seq_hi_variant, first.clock_seq_low, first.node), version=1
        )


def guessed_links() -> Claims:
    """Ann registers, then the boss, then Ann again. Can she compute the boss's link?"""
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
        took = f"after {guesses} guesses, {time.perf_counter() - began:.2f} s" if found[name] else "no: 2^122 guesses"
        rows.append((name, str(first)[:13] + "…", str(wanted)[:13] + "…", took))
    print_table(("made by", "Ann's first link", "the boss's link", "found"), rows)
    return {
        "uuid1 contains the time and the id of the machine: Ann finds the link": found["uuid1"],
        "uuid4 is random: Ann's own links reveal nothing": not found["uuid4"],
    }


# -------------------------------------------------------------------------------------------------------------- attacks


def changed(site: Site) -> bool:
    """Ann changes her own link into one for the boss's account."""
    own, boss = site.make_link(site.register("ann@example.com")), site.register("boss@example.com")
    site.make_link(boss)
    forged = with_payload(own, {**payload(own), "sub": str(boss.id)}) if "." in own else str(uuid.uuid4())
    return taken(site.follow, forged)


def link_as_access_token(site: Site) -> bool:
    """An attacker reads another user's message, and sends the token of its link as an access token."""
    return taken(site.user, site.make_link(site.register("boss@example.com")))


def access_token_as_link(site: Site) -> bool:
    """Ann logs in, changes her address to the boss's, and opens a link that contains her access token."""
    ann = site.register("ann@example.com")
    access_token = site.log_in(ann)
    site.change_address(ann, "boss@example.com")
    return taken(site.follow, access_token)


def old_link(site: Site) -> bool:
    """An attacker finds a message of last year in an old mailbox, and follows its link."""
    token = site.make_link(site.register("ann@example.com"))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=365)):
        return taken(site.follow, token)


def changed_address(site: Site) -> bool:
    """Ann gets a link at her own address, changes her address to the boss's, and then follows the link."""
    ann = site.register("ann@example.com")
    token = site.make_link(ann)
    site.change_address(ann, "boss@example.com")
    return taken(site.follow, token) and ann.is_verified


def read_backup(site: Site) -> bool:
    """An attacker reads a backup of the database, and follows every link in it."""
    site.make_link(site.register("boss@example.com"))
    return any(taken(site.follow, token) for token in site.tokens_in_the_database())


def known_mail_key(site: Site) -> bool:
    """An attacker knows the key of links, and signs an access token for the boss's account with it."""
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
    "use a link of last year": old_link,
    "use a link after a change of address": changed_address,
    "read a backup of the database": read_backup,
    "log in with the key of links": known_mail_key,
}


def attacks() -> Claims:
    """Seven attacks on three designs of a link"""
    works = {name: {kind: attack(kind()) for kind in SITES} for name, attack in ATTACKS.items()}
    print_table(
        ("the attacker tries to", *(kind.title for kind in SITES)),
        [(name, *("WORKS" if result[kind] else "refused" for kind in SITES)) for name, result in works.items()],
    )
    return {
        "UUID: no token confusion, but it never expires and is in the table": [
            name for name, result in works.items() if result[UuidSite]
        ]
        == ["use a link of last year", "use a link after a change of address", "read a backup of the database"],
        "bare JWT: no forgery, but every endpoint accepts it, for ever": [
            name for name, result in works.items() if not result[BareJwtSite]
        ]
        == ["forge a link", "read a backup of the database"],
        "expiry, purpose, address and a separate key: no attack works": not any(
            result[FullJwtSite] for result in works.values()
        ),
    }


# ------------------------------------------------------------------------------------------ purpose, separate key, both


def mixed_up(*, purpose: bool, own_key: bool, same_keys: bool = False, forgotten: bool = False) -> bool:
    """Whether an endpoint accepts a link as an access token. `forgotten`: it does not check the purpose."""
    mail_key = KEY if same_keys or not own_key else MAIL_KEY
    link = jwt.encode({"sub": "1", **({"purpose": "verify"} if purpose else {})}, mail_key, ALGORITHM)
    try:
        said = jwt.decode(link, KEY, algorithms=[ALGORITHM])
    except jwt.InvalidSignatureError:
        return False
    return forgotten or not purpose or said["purpose"] == "access"


def purpose_and_key() -> Claims:
    """A purpose, a separate key, or both: does a link work as an access token?"""
    designs = {
        "neither": {"purpose": False, "own_key": False},
        "a purpose": {"purpose": True, "own_key": False},
        "a separate key": {"purpose": False, "own_key": True},
        "both": {"purpose": True, "own_key": True},
    }
    accidents: dict[str, dict[str, bool]] = {
        "no mistake": {},
        "both keys are equal": {"same_keys": True},
        "purpose not checked": {"forgotten": True},
    }
    results = {
        name: [mixed_up(**design, **accident) for accident in accidents.values()] for name, design in designs.items()
    }
    print_table(
        ("the token has", *accidents),
        [(name, *("ACCEPTED" if each else "refused" for each in result)) for name, result in results.items()],
    )
    return {
        "each of them alone is enough if there is no mistake": not results["a purpose"][0]
        and not results["a separate key"][0],
        "one mistake is enough to break each of them alone": results["a purpose"][2] and results["a separate key"][1],
        "both together are safe with either of the two mistakes": not any(results["both"]),
    }


# ---------------------------------------------------------------------------------------------- what the library checks


def what_the_library_checks() -> Claims:
    """The checks of PyJWT by default, and with required claims"""
    now = datetime.now(UTC)
    good = {"sub": "1", "purpose": "verify", "exp": now + timedelta(hours=24)}
    tokens: dict[str, dict[str, Any]] = {
        "valid": good,
        "expired a minute ago": {**good, "exp": now - timedelta(minutes=1)},
        "has no exp": {"sub": "1", "purpose": "verify"},
        "sub is a number": {**good, "sub": 1},
        "another purpose": {**good, "purpose": "access"},
    }
    rows, seen = [], {}
    for name, said in tokens.items():
        token = jwt.encode(said, KEY, ALGORITHM)
        options: tuple[Options, ...] = ({}, {"require": ["sub", "exp", "purpose"]})
        seen[name] = [decoded(token, each) for each in options]
        rows.append((name, *seen[name]))
    print_table(("the token", "key and algorithms", "and require=[...]"), rows)
    return {
        "PyJWT checks the expiry time only if the token has one": seen["has no exp"][0] == "accepted"
        and seen["expired a minute ago"][0] == "ExpiredSignatureError",
        "so name the claims that you require": seen["has no exp"][1] == "MissingRequiredClaimError",
        "the id in sub must be a text": seen["sub is a number"][0] == "InvalidSubjectError",
        "PyJWT does not check the purpose: your code has to": seen["another purpose"] == ["accepted", "accepted"],
    }


def decoded(token: str, options: Options) -> str:
    try:
        jwt.decode(token, KEY, algorithms=[ALGORITHM], options=options)
    except jwt.InvalidTokenError as error:
        return type(error).__name__
    return "accepted"


# ------------------------------------------------------------------------------------------------------- followed twice


def followed_twice() -> Claims:
    """The mail program opens the link before Ann does"""
    rows, second = [], {}
    for kind in SITES:
        site = kind()
        token = site.make_link(site.register("ann@example.com"))
        first = taken(site.follow, token)
        second[kind] = taken(site.follow, token)
        rows.append(
            (site.title, *("Welcome!" if each else "This link is not valid." for each in (first, second[kind])))
        )
    print_table(("design", "the mail program sees", "Ann sees"), rows)
    return {
        "a link that is deleted after its first use fails for Ann": not second[UuidSite],
        "a second verification changes nothing and causes no error": second[FullJwtSite],
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
    """Prints a table with a frame. Each column is as wide as its widest text."""
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
    """Runs every chapter and prints its claims. Returns the exit code: 1 if a claim is false."""
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
