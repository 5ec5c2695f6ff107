"""All verbs and their options in one table: it feeds the parsers, the help and the completion."""

from __future__ import annotations

FLAG = "flag"
TEXT = "text"
MANY = "many"
NUMBER = "number"
DURATION = "duration"


class Option:
    """One option. ``kind`` says what its value is, ``choices`` which values there are.

    ``metavar`` also says what a shell completes: SERVICE, ENVIRONMENT, FILE and DIR are known.
    """

    __slots__ = ("choices", "default", "help", "kind", "metavar", "names", "to")

    def __init__(
        self, names: str, kind: str, text: str, metavar: str = "", choices: tuple[str, ...] = ()
    ) -> None:
        self.names = tuple(names.split())
        self.kind = kind
        self.help = text
        self.metavar = metavar or "VALUE"
        self.choices = choices
        self.to = self.names[-1].lstrip("-").replace("-", "_")
        self.default: bool | list[str] | None = None
        if kind == FLAG:
            self.default = False
        elif kind == MANY:
            self.default = []


class Verb:
    """One verb. ``takes`` names its words: ``x`` one, ``x?`` one or none, ``x*`` any, ``x...`` all
    that follows, options too, ``x--`` what follows a ``--``. ``choices``: what the word can be.
    """

    __slots__ = ("choices", "help", "hidden", "module", "name", "options", "takes")

    def __init__(
        self,
        name: str,
        text: str,
        takes: str = "",
        options: tuple[Option, ...] = (),
        choices: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.help = text
        self.takes = tuple(takes.split())
        self.options = options
        self.choices = choices
        self.hidden = name.startswith("_")
        self.module = name.lstrip("_")


GLOBAL = (
    Option("-C --directory", TEXT, "act as if started in DIR", "DIR"),
    Option("-f --file", MANY, "use this profile, Compose file or Procfile", "FILE"),
    Option("-e --environment", TEXT, "an environment by its id or name", "ENVIRONMENT"),
    Option("--profile", MANY, "also start the services of a Compose profile", "NAME"),
    Option("--json", FLAG, "print JSON"),
    Option("-y --yes", FLAG, "answer every question with yes"),
)

_TIMEOUT = Option("--timeout", DURATION, "give up waiting after this time (30, 90s, 5m)", "TIME")
_INDEX = Option("--index", NUMBER, "which replica, counted from 0", "N")
_RUNTIME = Option("--runtime", TEXT, "run the services there", "NAME", ("process", "docker"))
_DETACH_KEYS = Option("--detach-keys", TEXT, "what leaves it running (ctrl-p,ctrl-q)", "KEYS")
_SHOW_SECRETS = Option("--show-secrets", FLAG, "print secret values as they are")

_NO_WATCH = Option("--no-watch", FLAG, "do not follow changes of files (develop.watch)")

_ALL = (
    Verb(
        "up",
        "bring the environment up, and wait until it is ready",
        "services*",
        (
            Option("-d --detach", FLAG, "only show progress, open nothing"),
            _RUNTIME,
            Option("--build", FLAG, "build images first, where their inputs have changed"),
            _TIMEOUT,
            _NO_WATCH,
            Option("--plan --dry-run", FLAG, "show what would be done, and do nothing"),
        ),
    ),
    Verb(
        "down",
        "stop everything and leave nothing running",
        "",
        (
            Option("--volumes", FLAG, "remove the data too"),
            Option("--all", FLAG, "every environment on this machine"),
            _TIMEOUT,
        ),
    ),
    Verb("start", "start services", "services*", (_TIMEOUT,)),
    Verb("stop", "stop services, and leave them stopped", "services*", (_TIMEOUT,)),
    Verb("restart", "stop and start services", "services*", (_TIMEOUT,)),
    Verb("pause", "let containers stand still where they are", "services*", (_TIMEOUT,)),
    Verb("resume", "let paused containers go on", "services*", (_TIMEOUT,)),
    Verb("scale", "set the number of replicas (web=3)", "replicas*", (_TIMEOUT,)),
    Verb(
        "build",
        "build images, where their inputs have changed",
        "services*",
        (
            Option("--no-cache", FLAG, "build every step anew"),
            Option("--pull", FLAG, "pull newer images to build on"),
        ),
    ),
    Verb(
        "status",
        "show the services",
        "services*",
        (Option("--stats", FLAG, "with processor and memory use"),),
    ),
    Verb(
        "logs",
        "show what services write",
        "services*",
        (
            Option("-f --follow", FLAG, "go on with what comes"),
            Option("-n --tail", NUMBER, "only the last N lines", "N"),
            Option("--since", TEXT, "only lines after this time (10m, 14:30, 2026-01-31T08:00)"),
            Option("--until", TEXT, "only lines before this time"),
            Option("--grep", TEXT, "only lines that match a regular expression", "RE"),
            Option("--no-prefix", FLAG, "without the service's name before each line"),
            Option("--timestamps", FLAG, "with the time of each line"),
            Option("--raw", FLAG, "terminal escapes as they were written"),
        ),
    ),
    Verb(
        "wait",
        "wait for services",
        "services*",
        (
            Option("--for", TEXT, "what to wait for", "STATE", ("ready", "done", "stopped")),
            _TIMEOUT,
        ),
    ),
    Verb("exec", "run a command as a service would run it", "service command...", (_INDEX,)),
    Verb(
        "attach",
        "connect this terminal to a service",
        "service",
        (_INDEX, _DETACH_KEYS),
    ),
    Verb(
        "run",
        "run a task, or a command in a service's circumstances",
        "task? command--",
        (Option("--service", TEXT, "run the command as this service", "SERVICE"), _TIMEOUT),
    ),
    Verb("plan", "show what `up` would do, and why", "services*", (_RUNTIME,)),
    Verb("why", "say why a service is as it is", "service"),
    Verb("ports", "show the ports and addresses", "services*"),
    Verb("open", "open a service in the browser", "service?"),
    Verb(
        "env",
        "print a service's variables",
        "service",
        (
            Option("--export", FLAG, "as lines for a shell to evaluate"),
            _SHOW_SECRETS,
            _INDEX,
        ),
    ),
    Verb(
        "config",
        "print the profile as it is understood",
        "services*",
        (
            Option("--compose", FLAG, "print the Compose project as Compose itself resolves it"),
            Option("--format", TEXT, "how to print it", "FORMAT", ("yaml", "json")),
            _SHOW_SECRETS,
        ),
    ),
    Verb("check", "say what is wrong with the profile"),
    Verb(
        "lock",
        "write down which images and files the profile means now",
        "services*",
        (Option("--update", FLAG, "ask for newer images (of these services, or all)"),),
    ),
    Verb("init", "write a first profile for this folder"),
    Verb("list", "show all environments on this machine"),
    Verb(
        "events",
        "show what happened",
        "services*",
        (
            Option("-f --follow", FLAG, "go on with what comes"),
            Option("-n --tail", NUMBER, "only the last N events", "N"),
        ),
    ),
    Verb(
        "tui",
        "open the terminal UI; leaving it leaves all running",
        "",
        (Option("--web", FLAG, "in a browser of this machine; prints the address"),),
    ),
    Verb(
        "sync",
        "show and control how files follow into what runs",
        "action words*",
        (Option("--list", FLAG, "list the files that are sent"),),
        ("status", "explain", "pause", "resume", "flush", "reset"),
    ),
    Verb(
        "bench",
        "measure on this machine how long a save takes into a container",
        "action services*",
        (),
        ("sync",),
    ),
    Verb("doctor", "look for what keeps devenv from working"),
    Verb("prune", "remove data and state of environments that are down"),
    Verb(
        "cluster",
        "name the clusters that previews may be in",
        "action name?",
        (
            Option("--context", TEXT, "the context of the kubeconfig that leads there", "CONTEXT"),
            Option("--registry", TEXT, "where images for it are pushed to", "ADDRESS"),
            Option(
                "--images", TEXT, "or what they are loaded into (kind:NAME, containerd)", "NODES"
            ),
            Option("--domain", TEXT, "below which previews have their hosts", "DOMAIN"),
            Option("--namespace", MANY, "one that was made for previews, of several", "NAME"),
            Option("--no-sweep", FLAG, "keep previews whose branch is gone until a `sweep`"),
            Option(
                "--pod-security",
                TEXT,
                "what namespaces of previews enforce (baseline)",
                "LEVEL",
                choices=("baseline", "restricted", "privileged"),
            ),
        ),
        ("add", "list", "check", "remove"),
    ),
    Verb(
        "preview",
        "an environment of a branch in a cluster",
        "action services* command--",
        (
            Option("--branch", TEXT, "which branch (the one checked out here)", "BRANCH"),
            Option("--cluster", TEXT, "which cluster (the only one)", "CLUSTER"),
            Option("--ttl", DURATION, "how long it lives (3d)", "TIME"),
            Option("--pull-request", NUMBER, "go when this one is closed (up)", "N"),
            Option(
                "--requests",
                TEXT,
                "pull requests and their states, as JSON; - is stdin (sweep)",
                "FILE",
            ),
            Option("--ask-host", FLAG, "ask the git host of pull requests (sweep)"),
            Option("--plan --dry-run", FLAG, "show what would be done, and do nothing (up)"),
            Option("--pull", FLAG, "take what the tags of images mean now (up)"),
            _NO_WATCH,
            Option("--wait", FLAG, "wait until it is ready, or gone"),
            Option("--follow", FLAG, "go on with what comes (logs)"),
            Option("--tail", NUMBER, "only the last N lines (logs)", "N"),
            _DETACH_KEYS,
            _SHOW_SECRETS,
            _TIMEOUT,
        ),
        (
            "up",
            "list",
            "status",
            "url",
            "open",
            "render",
            "logs",
            "exec",
            "attach",
            "down",
            "extend",
            "sweep",
        ),
    ),
    Verb("daemon", "start, stop or show the daemon", "action", (), ("start", "stop", "status")),
    Verb("completion", "print the completion for a shell", "shell", (), ("bash", "zsh", "fish")),
    Verb("_complete", "candidates for the last of these words", "words..."),
)

VERBS = {verb.name: verb for verb in _ALL}
ALIASES = {"ps": "status"}
