"""Services serve on sockets that were made in another network namespace, as the judge's are, and handed out of it."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from courseware.services.image_store.service import ImageStore
from courseware.services.mailbox.service import Mailbox
from courseware.services.redis.service import Redis
from courseware.services.registry import Service
from courseware.services.servers import HOST

pytestmark = pytest.mark.bubblewrap

PORTS = {"mailbox": 1025, "image_store": 8026, "redis": 6379}
PICTURE = bytes.fromhex(
    "47494638376101000100800000ff0000ffffff2c00000000010001000002024401003b"  # the smallest GIF
)
# Makes the sockets, hands them out, and uses the services when it is told to.
INSIDE = """
import json, smtplib, socket, sys
import cloudinary.uploader, redis

setup = json.loads(sys.argv[1])
control = socket.socket(fileno=setup["control"])
listeners = [socket.create_server((setup["host"], port)) for port in setup["ports"].values()]
socket.send_fds(control, [b"!"], [listener.fileno() for listener in listeners])
for listener in listeners:
    listener.close()
control.recv(1)
with smtplib.SMTP(setup["host"], setup["ports"]["mailbox"], timeout=20) as client:
    client.sendmail("app@example.com", ["ada@example.com"], b"Subject: from inside\\r\\n\\r\\n")
with redis.Redis(host=setup["host"], port=setup["ports"]["redis"]) as client:
    client.set("key", "from inside")
store = f"http://{setup['host']}:{setup['ports']['image_store']}"
picture = bytes.fromhex(setup["picture"])
answer = cloudinary.uploader.upload(picture, public_id="inside", upload_prefix=store, timeout=20, **setup["account"])
print(answer["secure_url"])
"""


def test_an_application_without_a_network_uses_the_services(tmp_path: Path) -> None:
    mailbox, store, cache = Mailbox(), ImageStore(), Redis()
    services: list[Service] = [mailbox, store, cache]
    control, their_control = socket.socketpair()
    account = store.account
    setup = {
        "control": their_control.fileno(),
        "host": HOST,
        "ports": PORTS,
        "picture": PICTURE.hex(),
        "account": {name: getattr(account, name) for name in ("cloud_name", "api_key", "api_secret")},
    }
    script = tmp_path / "inside.py"
    script.write_text(INSIDE)
    command = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent", "--", sys.executable]
    with (
        control,
        subprocess.Popen(
            [*command, str(script), json.dumps(setup)], pass_fds=[their_control.fileno()], stdout=subprocess.PIPE
        ) as inside,
    ):
        their_control.close()
        control.settimeout(60)
        _, descriptors, _, _ = socket.recv_fds(control, 1, len(PORTS))
        for service, descriptor in zip(services, descriptors, strict=True):
            service.serve(socket.socket(fileno=descriptor))
        control.sendall(b"!")
        said, _ = inside.communicate(timeout=60)
    assert inside.returncode == 0
    assert [message.subject for message in mailbox.messages.all] == ["from inside"]
    assert cache.client().get("key") == b"from inside"
    address = said.decode().strip()
    assert address.startswith(f"http://{HOST}:{PORTS['image_store']}/course/image/upload/v")
    delivered = store.delivered(address)
    assert delivered is not None
    assert delivered.content == PICTURE
    for service in services:
        service.stop()
