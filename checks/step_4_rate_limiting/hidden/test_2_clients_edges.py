"""Task 4.2 with other data."""

from random import Random

from courseware.checking import Application, Clock, check
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


@check(
    task="4.2",
    points=1,
    hints=(
        "What if the list of addresses is long, or one of them is from IPv6?",
        "Every rule about an address holds for the one that the server found out, whichever way the request came.",
        "One function decides who the client is, and every limit asks this function.",
    ),
    needs=("forged_entry_before_the_proxy_is_ignored",),
    environment=LIMITS_ON,
)
def test_network_behind_a_proxy_counts_as_one(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Behind the proxy, too, the addresses of one /64 network are one client, whatever stands before them."""
    MovedClock(clock)
    network = f"2001:db8:{random.getrandbits(16):x}:ab"
    for number in range(REGISTRATIONS):
        chain = (new_client(), new_client(), f"{network}:{number}::9")
        admitted(application, through_proxy(registration(random, PROXY), *chain), 201)
    refused(application, through_proxy(registration(random, PROXY), f"{network}:ffff::1"), key="network_not_limited")
    admitted(application, through_proxy(registration(random, PROXY), f"{network}c::1"), 201, key="network_too_large")
