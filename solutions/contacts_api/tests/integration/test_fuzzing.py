"""Schemathesis reads /openapi.json and sends whatever it says may come, and much that it says may not.

`FUZZ_EXAMPLES=1000 pytest -m slow tests/integration/test_fuzzing.py` sends more than 10,000 requests.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.calls import ALL_RIGHTS
from tests.databases import execute
from tests.examples import ANN
from tests.servers import started

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "15")
NOT_IN_THE_CONTRACT = (
    "positive_data_acceptance",  # a birthday in the future, a blank name: OpenAPI has no words for these rules
    "unsupported_method",  # PATCH /contacts/birthdays: for this method the word stands where an id should
    "allow_header_conformance",  # the framework answers for the first route of a path alone
)


@pytest.mark.slow
def test_no_request_is_answered_in_a_way_that_openapi_does_not_tell(database_url: str, tmp_path: Path) -> None:
    with started(database_url, RATE_LIMIT_ENABLED="false") as server:
        server.wait_until_ready()
        httpx.post(f"{server.url}/auth/register", json=ANN)
        execute(database_url, f"UPDATE users SET {ALL_RIGHTS}")  # noqa: S608 - our own words
        login = {"username": ANN["email"], "password": ANN["password"]}
        token = httpx.post(f"{server.url}/auth/login", data=login).json()["access_token"]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", server.url.replace("/api/v1", "/openapi.json")),
                *("--header", f"Authorization: Bearer {token}", "--max-examples", EXAMPLES, "--continue-on-failure"),
                *("--exclude-checks", ",".join(NOT_IN_THE_CONTRACT), "--warnings", "off"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    print(done.stdout)
    assert done.returncode == 0
    sent = re.search(r"(\d+) generated", done.stdout)
    assert sent is not None
    assert int(sent[1]) > 300
