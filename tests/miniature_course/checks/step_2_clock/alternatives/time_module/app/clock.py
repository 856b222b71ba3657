"""What day it is."""

import time


def tell_date(query: dict[str, str]) -> tuple[int, dict[str, str]]:
    return 200, {"date": time.strftime("%Y-%m-%d", time.gmtime())}
