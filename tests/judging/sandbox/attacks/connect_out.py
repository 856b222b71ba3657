import os
import socket

from served import outcome, served


def connect(family, address):
    with socket.socket(family) as connection:
        connection.settimeout(1)
        connection.connect(address)
    return "connected"


def everywhere(path):
    port = int(os.environ["PORT"])
    return {
        "loopback": outcome(connect, socket.AF_INET, ("127.0.0.1", port)),
        "loopback 6": outcome(connect, socket.AF_INET6, ("::1", port)),
        "outside": outcome(connect, socket.AF_INET, ("192.0.2.1", 80)),
        "abstract": outcome(connect, socket.AF_UNIX, "\0" + os.environ["ABSTRACT"]),
        "path": outcome(connect, socket.AF_UNIX, os.environ["SOCKET"]),
        "hypervisor": outcome(connect, 40, (2, 22)),
        "netlink": outcome(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW),
        "raw": outcome(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        "packet": outcome(socket.socket, socket.AF_PACKET, socket.SOCK_RAW),
    }


create_app = served(everywhere)
