"""The log store of one unit: a folder of bounded, append-only segments, written as fast as a pipe.

``00000001.log`` and so on hold records: a header (``HEADER``) and bytes exactly as they came. A
chunk may end within a line; ``CONTINUES`` in the header says that it goes on with the unfinished
line of its stream, so a reader may begin at any record. A record that is cut off ends its segment.
``00000001.idx`` beside a segment longer than ``MARK_EVERY`` holds marks (``MARK``): the offset and
the time of a record. Imported by the keeper: standard library only, and little of it.
"""

import os
from struct import Struct

NOTE, STDOUT, STDERR, TERMINAL = range(4)
"""Streams. A note is our own: it ends the unfinished lines of the other streams."""

MAGIC = 0xD5E7
CONTINUES = 1
HEADER = Struct("<HBBIQ")
"""Magic, stream, flags, length of what follows, nanoseconds since the epoch."""

MARK = Struct("<QQ")
"""Offset of a record in its segment, nanoseconds since the epoch."""

MARK_EVERY = 256 * 1024
SMALLEST_SEGMENT = 64 * 1024
LARGEST_SEGMENT = 16 * 1024 * 1024

_NEWLINE = 10


def segment_name(number: int) -> str:
    return f"{number:08}.log"


def index_name(number: int) -> str:
    return f"{number:08}.idx"


def segment_numbers(folder: str | int) -> list[int]:
    """List the segments of a folder (a path or a descriptor), oldest first; none if it is away."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(int(name[:-4]) for name in names if name[-4:] == ".log" and name[:-4].isdecimal())


class Segment:
    """One file of the store; ``newest`` is the time of its last record in nanoseconds."""

    __slots__ = ("newest", "number", "size")

    def __init__(self, number: int, size: int, newest: int) -> None:
        self.number = number
        self.size = size
        self.newest = newest


def _create(folder: str, number: int) -> tuple[int, int]:
    """Open a new segment, of this number or the next one that is free."""
    os.makedirs(folder, 0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(os.path.join(folder, segment_name(number)), flags, 0o600), number
    except FileExistsError:
        number = segment_numbers(folder)[-1] + 1
        return os.open(os.path.join(folder, segment_name(number)), flags, 0o600), number


def _remove(folder: str, number: int) -> None:
    for name in (segment_name(number), index_name(number)):
        try:
            os.unlink(os.path.join(folder, name))
        except OSError:
            continue


def _write_mark(folder: str, number: int, offset: int, mark: bytes) -> int:
    """Return the bytes written: marks only make reading faster, so one may be left out."""
    path = os.path.join(folder, index_name(number))
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return 0
    try:
        written = os.pwrite(file, mark, offset)
    except OSError:
        return 0
    finally:
        os.close(file)
    return written if written == len(mark) else 0


class Writer:
    """Appends to the store in ``folder`` and keeps it within ``quota`` bytes.

    Nothing here raises OSError: what cannot be written is counted, and told in a note as soon as
    there is room again. A folder that has segments already is continued with a new one.
    """

    def __init__(self, folder: str, quota: int) -> None:
        self.folder = folder
        self.quota = quota
        self.size = 0
        """Bytes in all segments."""
        self.lost = 0
        """Bytes that could not be written and are not yet told of in a note."""
        self._fault = ""
        self._limit = min(max(quota // 16, SMALLEST_SEGMENT), LARGEST_SEGMENT)
        self._closed: list[Segment] = []
        self._file = -1
        self._segment = Segment(0, 0, 0)
        self._next_mark = self._marks = 0
        self._unfinished = 0
        self._time = 0
        for number in segment_numbers(folder):
            self._find(number)

    def write(self, stream: int, time_ns: int, data: bytes | bytearray | memoryview) -> bool:
        """Append one chunk as it came; ``time_ns`` counts from the epoch.

        Returns whether a new segment was begun: the moment to call ``enforce_quota``.
        """
        if not data:
            return False
        number = self._segment.number
        self._time = time_ns
        if not self._append(stream, time_ns, data):
            self.lost += len(data)
            self._unfinished = 0
        elif stream == NOTE:
            self._unfinished = 0
        elif data[-1] == _NEWLINE:
            self._unfinished &= ~(1 << stream)
        else:
            self._unfinished |= 1 << stream
        return self._segment.number != number

    def flush(self) -> None:
        """Tell of a loss now, if there was one; records themselves are never held back."""
        if self.lost:
            self._append(NOTE, self._time, b"")

    def close(self) -> None:
        """End the current segment; a later write begins a new one."""
        self.flush()
        self._seal()

    @property
    def droppable(self) -> Segment | None:
        """The oldest segment that is no longer written to."""
        return self._closed[0] if self._closed else None

    def drop(self) -> None:
        """Remove the oldest segment; where there is but the current one, end that and remove it."""
        if not self._closed:
            self._seal()
        if not self._closed:
            return
        segment = self._closed.pop(0)
        self.size -= segment.size
        _remove(self.folder, segment.number)

    def _find(self, number: int) -> None:
        try:
            status = os.stat(os.path.join(self.folder, segment_name(number)))
        except OSError:
            return
        self._closed.append(Segment(number, status.st_size, status.st_mtime_ns))
        self._segment.number = number
        self.size += status.st_size

    def _append(self, stream: int, time_ns: int, data: bytes | bytearray | memoryview) -> bool:
        if (self._file < 0 or self._segment.size >= self._limit) and not self._begin():
            return False
        segment = self._segment
        loss = self._loss() if self.lost else b""
        flags = CONTINUES if self._unfinished >> stream & 1 else 0
        header = HEADER.pack(MAGIC, stream, flags, len(data), time_ns) if data else b""
        length = len(loss) + len(header) + len(data)
        while self.size + length > self.quota and self._closed:
            self.drop()
        try:
            written = os.writev(self._file, (loss, header, data))
        except OSError as error:
            self._fault = str(error.strerror)
            written = 0
        if written != length:
            self._cut(written)
            return False
        if segment.size >= self._next_mark:
            self._next_mark = segment.size + MARK_EVERY
            mark = MARK.pack(segment.size, time_ns)
            self._marks += _write_mark(self.folder, segment.number, self._marks, mark)
        segment.size += length
        segment.newest = time_ns
        self.size += length
        self.lost = 0
        return True

    def _begin(self) -> bool:
        self._seal()
        try:
            self._file, number = _create(self.folder, self._segment.number + 1)
        except OSError as error:
            self._fault = str(error.strerror)
            return False
        self._segment = Segment(number, 0, self._time)
        self._next_mark = MARK_EVERY
        self._marks = 0
        return True

    def _seal(self) -> None:
        if self._file < 0:
            return
        os.close(self._file)
        self._file = -1
        self._closed.append(self._segment)
        self._segment = Segment(self._segment.number, 0, 0)

    def _cut(self, written: int) -> None:
        """Take back a record of which only the beginning fitted."""
        if not written:
            return
        self._fault = "no space left"
        try:
            os.ftruncate(self._file, self._segment.size)
        except OSError:
            self._seal()

    def _loss(self) -> bytes:
        """Make the record that tells of a loss: written with what comes next, or not at all."""
        text = f"{self.lost} bytes of output lost: {self._fault}\n".encode()
        return HEADER.pack(MAGIC, NOTE, 0, len(text), self._time) + text


def enforce_quota(writers: list[Writer], total: int) -> None:
    """Drop the oldest segments of all ``writers`` until they hold at most ``total`` bytes.

    What is still written to goes last, the largest first, so that the few lines of a quiet
    service outlive the flood of another one.
    """
    excess = sum(writer.size for writer in writers) - total
    while excess > 0:
        oldest = min(
            (writer for writer in writers if writer.droppable),
            key=_age,
            default=None,
        ) or max(writers, key=lambda writer: writer.size)
        before = oldest.size
        oldest.drop()
        if oldest.size == before:
            return
        excess -= before - oldest.size


def _age(writer: Writer) -> int:
    return writer.droppable.newest if writer.droppable else 0
