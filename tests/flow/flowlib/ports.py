"""Ports that nobody uses yet."""
import random
import socket

# Below those that the kernel gives to outgoing connections: from among these a client could be given
# a port whose server is down for a moment, and the server could never come back.
FIRST, LAST = 10240, 32767


def free_port():
    while True:
        port = random.randint(FIRST, LAST)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
