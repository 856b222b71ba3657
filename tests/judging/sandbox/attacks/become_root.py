import os
import subprocess

from served import served

COMMANDS = ["su -c id", "mount -t tmpfs none /tmp", "sudo -n id", "newgrp root", "passwd -d root", "chsh -s /bin/sh"]


def run(path):
    codes = {command: subprocess.run(command, shell=True, capture_output=True).returncode for command in COMMANDS}
    return {**codes, "user": os.geteuid()}


create_app = served(run)
