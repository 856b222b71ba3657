"""How somebody shows that an address is theirs."""
