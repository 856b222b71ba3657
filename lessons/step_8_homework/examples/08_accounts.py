"""Lost passwords, roles and cookies: what an attacker gains from each shortcut, and what takes it away.

Run it with `python 08_accounts.py`. It needs no account and no network: databases are in memory, and the browser is a
small model of one. It ends with 0 if all that it claims holds, and with 1 if something does not.
"""

import hashlib
import io
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import bcrypt
import jwt

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was so when the chapter ran."""

KEY = "a key of 32 bytes, known to the server"
ROUNDS = 4
"""As cheap as bcrypt can be. A real application takes 12."""
HALF_AN_HOUR = 1800
"""Seconds."""
NOW = 1_800_000_000
"""Seconds since 1970: the moment at which each chapter begins."""


# ------------------------------------------------------------------------------------------------------------- accounts


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()


@dataclass
class Account:
    """A user: the hash of the password, and how often an administrator has closed the account."""

    password_hash: str
    is_active: bool = True
    deactivations: int = 0

    @property
    def fingerprint(self) -> str:
        """A short digest that changes with the password, and each time that the account is closed."""
        secret = f"{self.password_hash} {self.deactivations}"
        return hashlib.sha256(secret.encode()).hexdigest()[:32]


def ann() -> Account:
    return Account(hashed("her first password"))


def signed(purpose: str, lifetime: int = HALF_AN_HOUR, **claims: str) -> str:
    """A JWT for a purpose, which names the user Ann."""
    return jwt.encode({"sub": "ann", "purpose": purpose, "exp": NOW + lifetime, **claims}, KEY, "HS256")


def read(token: str, purpose: str, now: int = NOW) -> dict[str, str] | None:
    """The claims of a token, or None if it is not for this purpose or has expired."""
    claims: dict[str, str] = jwt.decode(token, KEY, ["HS256"], options={"verify_exp": False})
    return claims if claims["purpose"] == purpose and int(claims["exp"]) > now else None


# --------------------------------------------------------------------------------------------------- three reset tokens


def request_plain(_account: Account) -> str:
    """A token that is signed and expires, and says nothing about the password that it replaces."""
    return signed("password_reset")


def request_tied(account: Account) -> str:
    """The same with the fingerprint of the row."""
    return signed("password_reset", fingerprint=account.fingerprint)


def reset(account: Account, token: str, password: str, now: int = NOW) -> bool:
    """Whether the token has set the password."""
    claims = read(token, "password_reset", now)
    if claims is None:
        return False
    if "fingerprint" in claims and claims["fingerprint"] != account.fingerprint:
        return False
    account.password_hash = hashed(password)
    return True


def how_often() -> Claims:
    """How often does a reset token work?"""
    rows, results = [], {}
    for name, request in (("signed, with a time", request_plain), ("with the fingerprint", request_tied)):
        account = ann()
        earlier, used = request(account), request(account)
        first = reset(account, used, "second password")
        again = reset(account, used, "password of a thief")
        other = reset(account, earlier, "password of a thief")
        results[name] = first, again, other
        rows.append([name, *("works" if each else "refused" for each in (first, again, other))])
    print_table(["token", "first use", "second use", "an earlier token"], rows)
    late = ann()
    plain, tied = results["signed, with a time"], results["with the fingerprint"]
    return {
        "a token with a time alone works again until it expires": plain[1],
        "a token with the fingerprint works once": tied[0] and not tied[1],
        "its use ends the tokens that were requested before": not tied[2],
        "after 31 minutes it sets no password": not reset(late, request_tied(late), "late", NOW + 31 * 60),
        "a token for another purpose sets no password": not reset(late, signed("email_verify"), "wrong"),
    }


# ---------------------------------------------------------------------------------------------------- what answers tell

ACCOUNTS = {"ann@example.com"}
QUEUE: list[str] = []
"""The messages that are sent after the answer."""
ASKED = ("ann@example.com", "bob@example.com", "eve@example.com")


def frank(email: str) -> tuple[int, int]:
    """The status of the answer, and how many messages are sent before it."""
    return (202, 1) if email in ACCOUNTS else (404, 0)


def silent(email: str) -> tuple[int, int]:
    """The same status always. The message is sent while the client waits."""
    return (202, 1) if email in ACCOUNTS else (202, 0)


def in_background(email: str) -> tuple[int, int]:
    """The same status always. The message waits in a queue until the client has the answer."""
    QUEUE.extend([email] if email in ACCOUNTS else [])
    return 202, 0


def learned(answer: Callable[[str], tuple[int, int]]) -> list[str]:
    """The addresses whose answer differs from that of an address that surely has no account."""
    return [email for email in ASKED if answer(email) != answer("nobody@nowhere.example")]


def who_is_known() -> Claims:
    """What does the answer tell about an address?"""
    found = {way.__name__: learned(way) for way in (frank, silent, in_background)}
    print_table(
        ["the application", "an attacker learns"],
        [
            ["404 for an unknown address", ", ".join(found["frank"]) or "nothing"],
            ["202 always, sends while the client waits", ", ".join(found["silent"]) or "nothing"],
            ["202 always, sends after the answer", ", ".join(found["in_background"]) or "nothing"],
        ],
    )
    return {
        "two statuses name all accounts in a list of addresses": found["frank"] == ["ann@example.com"],
        "with one status the time of the answer still names them": found["silent"] == ["ann@example.com"],
        "one status and the message afterwards tell nothing": found["in_background"] == [],
    }


# ------------------------------------------------------------------------------------------------------ two at one time


def database(*statements: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return connection


def confirm_both(update: str) -> tuple[int, str]:
    """Two requests with one token. Both read the row, both hash, then both write.

    Returns how many of them have changed the row, and what is stored in the end.
    """
    users = database("CREATE TABLE users (id, hash)", "INSERT INTO users VALUES (1, 'old')")
    seen = [users.execute("SELECT hash FROM users WHERE id = 1").fetchone()[0] for _ in range(2)]
    changed = 0
    for number, old in enumerate(seen, start=1):
        changed += users.execute(update, {"new": f"password {number}", "old": old}).rowcount
    return changed, users.execute("SELECT hash FROM users").fetchone()[0]


def one_token_twice() -> Claims:
    """Two requests bring one token at the same moment."""
    careless = confirm_both("UPDATE users SET hash = :new WHERE id = 1")
    careful = confirm_both("UPDATE users SET hash = :new WHERE id = 1 AND hash = :old")
    rows = [["WHERE id", *map(str, careless)], ["WHERE id AND the old hash", *map(str, careful)]]
    print_table(["UPDATE … SET hash", "requests that succeed", "stored in the end"], rows)
    return {
        "without the old hash in the condition, both succeed": careless[0] == 2,
        "with it, one changes the row and the other changes none": careful == (1, "password 1"),
    }


def close_each_other(*, asks_again: bool) -> int:
    """Two admins close each other's accounts at once. Returns how many of them are active afterwards."""
    admins = database("CREATE TABLE admins (id, active)", "INSERT INTO admins VALUES (1, 1), (2, 1)")
    pairs = [(1, 2), (2, 1)]
    allowed = [admins.execute("SELECT active FROM admins WHERE id = ?", [me]).fetchone()[0] for me, _ in pairs]
    for (me, other), may in zip(pairs, allowed, strict=True):
        if asks_again:  # behind a lock: the second request waits here until the first has committed
            may = admins.execute("SELECT active FROM admins WHERE id = ?", [me]).fetchone()[0]
        if may:
            admins.execute("UPDATE admins SET active = 0 WHERE id = ?", [other])
    return int(admins.execute("SELECT count(*) FROM admins WHERE active").fetchone()[0])


def last_admin() -> Claims:
    """Two admins close each other's accounts at the same moment."""
    checked, locked = close_each_other(asks_again=False), close_each_other(asks_again=True)
    print_table(
        ["each request", "admins that are left"],
        [["reads, then writes", str(checked)], ["waits for the lock, reads again, then writes", str(locked)]],
    )
    return {
        "if both read before one of them writes, no admin is left": checked == 0,
        "behind a lock the second one is no admin any more, and one is left": locked == 1,
    }


# --------------------------------------------------------------------------------------------------- tokens from before


def is_let_in(account: Account, access_token: str) -> bool:
    """Whether a request with this access token is answered. The row of the user is read for each request."""
    claims = read(access_token, "access")
    if claims is None or not account.is_active:
        return False
    return claims.get("fingerprint", account.fingerprint) == account.fingerprint


def old_sessions() -> Claims:
    """A thief has an access token. What ends it?"""
    outcomes: dict[str, list[bool]] = {}
    for kind in ("the user alone", "the user and the fingerprint"):
        outcomes[kind] = []
        for event in ("reset", "closed", "closed and opened"):
            account = ann()
            is_tied = kind.endswith("fingerprint")
            stolen = signed("access", fingerprint=account.fingerprint) if is_tied else signed("access")
            if event == "reset":
                reset(account, request_tied(account), "her new password")
            else:
                account.is_active = event == "closed and opened"
                account.deactivations += 1
            outcomes[kind].append(is_let_in(account, stolen))
    rows = [[kind, *("goes on" if each else "ended" for each in found)] for kind, found in outcomes.items()]
    print_table(["the token names", "password reset", "account closed", "closed and opened"], rows)
    alone, tied = outcomes.values()
    return {
        "a token that names the user alone survives a reset": alone[0],
        "and comes back when the account is opened again": alone[2],
        "with the fingerprint, a reset ends it": not tied[0],
        "a count of closings in the fingerprint keeps it from coming back": not tied[2],
    }


# -------------------------------------------------------------------------------------------------------------- cookies


@dataclass
class Browser:
    """A model of what a browser does with cookies (RFC 6265bis), as far as this lesson needs it."""

    kept: dict[tuple[str, str], SimpleCookie] = field(default_factory=dict)

    def take(self, header: str) -> None:
        """Store what a Set-Cookie header says. A cookie is another one if its path is another one."""
        cookie = SimpleCookie(header)
        for name, morsel in cookie.items():
            place = name, morsel["path"] or "/"
            if morsel["max-age"] == "0":
                self.kept.pop(place, None)
            else:
                self.kept[place] = cookie

    def sends(self, path: str, *, secure: bool = True, same_site: bool = True) -> list[str]:
        """The names of the cookies in a request to this path."""
        found = []
        for (name, place), cookie in self.kept.items():
            fits = path == place or path.startswith(f"{place.rstrip('/')}/")
            is_strict = cookie[name]["samesite"].lower() == "strict"
            if fits and (secure or not cookie[name]["secure"]) and (same_site or not is_strict):
                found.append(name)
        return found

    def shows_to_scripts(self) -> list[str]:
        """What `document.cookie` contains."""
        return [name for (name, _), cookie in self.kept.items() if not cookie[name]["httponly"]]


BARE = "refresh_token=abc; Path=/"
GUARDED = "refresh_token=abc; Path=/api/v1/auth; HttpOnly; Secure; SameSite=Strict"


def what_a_browser_sends() -> Claims:
    """Which requests carry the cookie?"""
    browsers = {"bare": Browser(), "guarded": Browser()}
    browsers["bare"].take(BARE)
    browsers["guarded"].take(GUARDED)
    ways: dict[str, Callable[[Browser], list[str]]] = {
        "POST /api/v1/auth/refresh": lambda browser: browser.sends("/api/v1/auth/refresh"),
        "GET /api/v1/contacts": lambda browser: browser.sends("/api/v1/contacts"),
        "a form on another site": lambda browser: browser.sends("/api/v1/auth/logout", same_site=False),
        "plain HTTP": lambda browser: browser.sends("/api/v1/auth/refresh", secure=False),
        "document.cookie in a script": lambda browser: browser.shows_to_scripts(),
    }
    seen = {way: {name: bool(ask(each)) for name, each in browsers.items()} for way, ask in ways.items()}
    rows = [[way, *("yes" if found[name] else "no" for name in browsers)] for way, found in seen.items()]
    print_table(["the cookie is in", "without attributes", "with all of them"], rows)
    deleting = Browser()
    deleting.take(GUARDED)
    deleting.take("refresh_token=; Path=/; Max-Age=0")
    is_left = deleting.sends("/api/v1/auth/refresh")
    deleting.take("refresh_token=; Path=/api/v1/auth; Max-Age=0")
    return {
        "without attributes, a form on another site sends the cookie": seen["a form on another site"]["bare"],
        "SameSite=Strict keeps it at home": not seen["a form on another site"]["guarded"],
        "HttpOnly hides it from scripts": not seen["document.cookie in a script"]["guarded"],
        "Path keeps it out of all other requests": not seen["GET /api/v1/contacts"]["guarded"],
        "Secure keeps it out of plain HTTP": not seen["plain HTTP"]["guarded"],
        "a refresh carries it all the same": seen["POST /api/v1/auth/refresh"]["guarded"],
        "a cookie is deleted only under its own path": bool(is_left) and not deleting.kept,
    }


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    how_often,
    who_is_known,
    one_token_twice,
    old_sessions,
    last_admin,
    what_a_browser_sends,
)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, each column as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        print("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))
    print()


def main() -> int:
    """Run every chapter and say which of its claims hold. 1 if one does not."""
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
