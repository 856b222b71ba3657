"""Task 4.2: who the client is."""

from dataclasses import replace
from random import Random

from courseware.checking import Application, Clock, Request, check
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    PROXY,
    REGISTRATIONS,
    MovedClock,
    NewClient,
    admitted,
    refused,
    registration,
    through_proxy,
)

COUNTED = "each_client_has_its_own_counter"


@check(
    task="4.2",
    points=5,
    hints=(
        "A client can write any header. Which headers decide for whom your application counts?",
        "Only a proxy of your own may say for whom it forwards. The server knows your proxies.",
        "Never read X-Forwarded-For yourself: request.client holds what the server has found out.",
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_client_cannot_choose_its_address(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client names another address in X-Forwarded-For, Forwarded and X-Real-IP each time; its sixth try is 429."""
    MovedClock(clock)
    client = new_client()
    for _ in range(REGISTRATIONS):
        admitted(application, claiming(registration(random, client), new_client()), 201)
    refused(application, claiming(registration(random, client), new_client()), key="address_forged")


@check(
    task="4.2",
    points=3,
    hints=(
        "Behind a proxy all connections come from one address. Do all users share one counter then?",
        "The server replaces the address for requests that come through a trusted proxy. Is it this one that you use?",
        "get_remote_address(request) returns request.client.host, which the server has replaced already.",
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_clients_behind_the_proxy_are_told_apart(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A trusted proxy forwards for two clients: the first one's sixth registration is 429, the second one registers."""
    MovedClock(clock)
    client, other = new_client(), new_client()
    for _ in range(REGISTRATIONS):
        admitted(application, through_proxy(registration(random, PROXY), client), 201)
    refused(application, through_proxy(registration(random, PROXY), client), key="not_limited")
    admitted(application, through_proxy(registration(random, PROXY), other), 201, key="proxy_limited")


@check(
    task="4.2",
    points=3,
    hints=(
        "A client writes an X-Forwarded-For, and the proxy appends what it saw. Which entry was written by whom?",
        "Each proxy appends the address from which the request came to the end of the list. The first entry is forged.",
        "What counts is the last entry that is no proxy of yours. The server has looked for it: use request.client.",
    ),
    needs=("clients_behind_the_proxy_are_told_apart",),
    environment=LIMITS_ON,
)
def test_forged_entry_before_the_proxy_is_ignored(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client forges another X-Forwarded-For each time, and the proxy appends the real address: the sixth is 429."""
    MovedClock(clock)
    client = new_client()
    for _ in range(REGISTRATIONS):
        admitted(application, through_proxy(registration(random, PROXY), new_client(), client), 201)
    refused(application, through_proxy(registration(random, PROXY), new_client(), client), key="address_forged")


@check(
    task="4.2",
    points=4,
    hints=(
        "How many IPv6 addresses does one computer at home have?",
        "A provider gives each customer a whole /64 network: the first 64 bits of the address, however it is written.",
        "str(ip_network((address, 64), strict=False)) for an IPv6 address; for IPv4 the address as it is.",
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_addresses_of_one_network_count_together(application: Application, clock: Clock, random: Random) -> None:
    """Six registrations from six addresses of one IPv6 /64 network: the sixth is 429. The next network has its own."""
    MovedClock(clock)
    site = f"2001:db8:{random.getrandbits(16):x}"
    for number in range(1, REGISTRATIONS + 1):
        # The fourth group is 0, so `::` may stand for it.
        admitted(application, registration(random, f"{site}::{number}"), 201)
    refused(application, registration(random, f"{site}:0:ff00::1"), key="network_not_limited")
    admitted(application, registration(random, f"{site}:1::1"), 201, key="network_too_large")


def claiming(request: Request, address: str) -> Request:
    """The request, with each header in which a proxy would name this address as the one of its client."""
    headers = {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}
    return replace(request, headers=headers)
