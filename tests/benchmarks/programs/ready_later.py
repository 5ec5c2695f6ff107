"""A service that needs some time before it is ready.

Arguments: its name, the pipe for marks, the seconds that it needs, and a port (it then listens
there and answers HTTP) or a file (it then makes it). It marks its start, and that it is ready.
"""

import os
import signal
import socket
import sys
import time


def main(name: str, marks: str, seconds: str, where: str) -> None:
    mark = os.open(marks, os.O_WRONLY)
    os.write(mark, f"begun {name}\n".encode())
    time.sleep(float(seconds))
    if where.isdigit():
        _serve(int(where), mark, name)
    else:
        os.close(os.open(where, os.O_CREAT | os.O_WRONLY))
        os.write(mark, f"ready {name}\n".encode())
        signal.pause()


def _serve(port: int, mark: int, name: str) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    os.write(mark, f"ready {name}\n".encode())
    while True:
        connection = listener.accept()[0]
        with connection:
            if connection.recv(65536):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
