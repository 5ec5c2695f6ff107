"""Writes a file to its output as fast as the reader takes it.

Arguments: the file, the pipe for marks, the pipe that is the gate. It marks that it is there, waits
at the gate, writes, marks that it has written, and stays until it is ended.
"""

import os
import signal
import sys

BLOCK = 64 * 1024


def main(path: str, marks: str, gate: str) -> None:
    with open(path, "rb") as file:
        data = memoryview(file.read())
    mark = os.open(marks, os.O_WRONLY)
    waiting = os.open(gate, os.O_RDONLY)
    os.write(mark, b"there\n")
    os.read(waiting, 1)
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        while block:
            block = block[os.write(1, block) :]
    os.write(mark, b"written\n")
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
