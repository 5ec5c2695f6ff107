from __future__ import annotations

import pytest

from devenv.errors import DevenvError
from devenv.model.service import HttpCheck, Port, PortRange, Restart, RestartPolicy, TcpCheck
from devenv.profile import checks, fields, ports


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), ("0", 0), ("2d", 172800)],
)
def test_durations(written: str, seconds: float) -> None:
    assert fields.duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["", "10", "s", "-1s", "1s 2s", "10x", "9999999999h"])
def test_what_is_not_a_duration(written: str) -> None:
    with pytest.raises(DevenvError):
        fields.duration(written)


@pytest.mark.parametrize(
    ("written", "size"), [("5", 5), ("1k", 1024), ("256MB", 256 << 20), ("2gb", 2 << 30)]
)
def test_sizes(written: str, size: int) -> None:
    assert fields.size(written) == size


@pytest.mark.parametrize("written", ["", "x", "1tb", "-1", "1.5g"])
def test_what_is_not_a_size(written: str) -> None:
    with pytest.raises(DevenvError):
        fields.size(written)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("a b", ("a", "b")),
        ("a 'b c' \"d e\"", ("a", "b c", "d e")),
        (
            "a ${{ self.port }} --x=${{ self.data }}/y",
            ("a", "${{ self.port }}", "--x=${{ self.data }}/y"),
        ),
        ("", ()),
    ],
)
def test_commands_split_as_in_a_shell(written: str, words: tuple[str, ...]) -> None:
    assert fields.words(written) == words


@pytest.mark.parametrize("written", ["INT", "SIGINT", "sigint", "2"])
def test_signals_have_several_names(written: str) -> None:
    assert fields.stop_signal(written) == "SIGINT"


@pytest.mark.parametrize(
    ("written", "restart"),
    [
        ("no", Restart()),
        ("always", Restart(RestartPolicy.ALWAYS)),
        ("on-failure", Restart(RestartPolicy.ON_FAILURE)),
        ("on-failure:3", Restart(RestartPolicy.ON_FAILURE, 3)),
        ("unless-stopped", Restart(RestartPolicy.UNLESS_STOPPED)),
    ],
)
def test_restart_policies(written: str, restart: Restart) -> None:
    assert fields.restart(written) == restart


@pytest.mark.parametrize("written", ["", "never", "always:3", "on-failure:", "on-failure:x"])
def test_what_is_not_a_restart_policy(written: str) -> None:
    with pytest.raises(DevenvError):
        fields.restart(written)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("web: auto", [Port("web")]),
        ("auto", [Port("port")]),
        ("web: 8080", [Port("web", 8080, target=8080)]),
        ("web:8080", [Port("web", 8080, target=8080)]),
        ("web: 3000-3010", [Port("web", PortRange(3000, 3010))]),
        ("web: 0.0.0.0:8080", [Port("web", 8080, "0.0.0.0", target=8080)]),
        ("web: 8080:80", [Port("web", 8080, target=80)]),
        ("sql: auto:5432", [Port("sql", target=5432)]),
        ("dns: 53/udp", [Port("dns", 53, protocol="udp", target=53)]),
        ("80", [Port("80", 80, target=80)]),
        ("8080:80", [Port("80", 8080, target=80)]),
        ("127.0.0.2:8080:80", [Port("80", 8080, "127.0.0.2", target=80)]),
        ("[::1]:6001:6002", [Port("6002", 6001, "::1", target=6002)]),
        ("127.0.0.1::80", [Port("80", 80, target=80)]),
        ("8080:80/udp", [Port("80/udp", 8080, protocol="udp", target=80)]),
        ("8000-9000:80", [Port("80", PortRange(8000, 9000), target=80)]),
        ("9090-9091:8080-8081", [Port("8080", 9090, target=8080), Port("8081", 9091, target=8081)]),
        ("3000-3001", [Port("3000", 3000, target=3000), Port("3001", 3001, target=3001)]),
        ("22:22", [Port("22", 22, target=22)]),
    ],
)
def test_ports_in_their_short_forms(written: str, found: list[Port]) -> None:
    assert list(ports.short(written)) == found


@pytest.mark.parametrize(
    "written",
    [
        "",
        "web:",
        "web: x",
        "0",
        "65536",
        "1:2:3:4",
        "80/icmp",
        "10-5",
        "1-65535",
        "8000-8001:80-85",
    ],
)
def test_what_is_not_a_port(written: str) -> None:
    with pytest.raises(DevenvError) as caught:
        ports.short(written)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("written", "check"),
    [
        ("/healthz", HttpCheck("/healthz")),
        (":8080/x", HttpCheck("/x", "8080")),
        ("http://localhost:8080/x?y=1", HttpCheck("/x?y=1", "8080", "localhost")),
        ("http://localhost", HttpCheck("/", "80", "localhost")),
        (":admin", HttpCheck("/", "admin")),
        ("http://127.0.0.1:${{ self.port }}/", HttpCheck("/", "${{ self.port }}")),
    ],
)
def test_http_checks_in_their_short_forms(written: str, check: HttpCheck) -> None:
    assert checks.http(written) == check


@pytest.mark.parametrize("written", ["", "healthz", "https://x/", "http://a b/"])
def test_what_is_not_an_http_check(written: str) -> None:
    with pytest.raises(DevenvError):
        checks.http(written)


@pytest.mark.parametrize(
    ("written", "check"),
    [
        ("true", TcpCheck()),
        ("web", TcpCheck("web")),
        ("5432", TcpCheck("5432")),
        ("localhost:5432", TcpCheck("5432", "localhost")),
    ],
)
def test_tcp_checks_in_their_short_forms(written: str, check: TcpCheck) -> None:
    assert checks.tcp(written) == check
