"""Includes, files named with -f, and Procfiles."""

from __future__ import annotations

import pytest

from devenv.model.origin import ProfileError
from devenv.model.service import Port, PortRange, Service
from devenv.profile.load import Request, load
from tests.profile.loading import ROOT, load_text, problems_of

P = "devenv.profile.yaml"


def process_of(service: Service) -> tuple[tuple[str, ...], str, dict[str, str]]:
    process = service.process
    assert process is not None
    return process.command, process.directory, dict(process.environment)


def test_an_included_profile_has_its_own_folder_and_dotenv() -> None:
    loaded = load_text(
        "include: [./lib/p.yaml]\nservices: {web: {command: '$A $B', depends_on: [db]}}",
        {
            "lib/p.yaml": "services: {db: {command: '$A $B', env_file: e.env, working_dir: d}}",
            "lib/.env": "A=lib\nB=lib\n",
            "lib/e.env": "E=1\n",
            ".env": "A=own\n",
        },
    )
    services = loaded.environment.services
    assert process_of(services["db"]) == (("own", "lib"), f"{ROOT}/lib/d", {"E": "1"})
    assert process_of(services["web"]) == (("own",), ROOT, {})
    assert str(services["db"].origin) == "lib/p.yaml:1:12"


def test_what_includes_wins_over_what_is_included() -> None:
    loaded = load_text(
        "include: [{path: [a.yaml, b.yaml], env_file: x.env}]\n"
        "services: {db: {environment: {A: own}}}",
        {
            "a.yaml": "services: {db: {command: a, environment: {A: a, B: $V}}}",
            "b.yaml": "services: {db: {command: b}}\nnetworks: {n: }",
            "x.env": "V=v\n",
        },
    )
    found = process_of(loaded.environment.services["db"])
    assert found == (("b",), ROOT, {"A": "own", "B": "v"})


def test_a_profile_may_include_a_procfile() -> None:
    loaded = load_text("include: [old/Procfile]", {"old/Procfile": "web: run\n"})
    command, directory, _ = process_of(loaded.environment.services["web"])
    assert (command, directory) == (("sh", "-c", "run"), f"{ROOT}/old")


def test_files_that_include_each_other_are_a_problem() -> None:
    said = problems_of(
        "include: [a.yaml]", {"a.yaml": "include: [b.yaml]", "b.yaml": "include: [a.yaml]"}
    )
    assert said == ["b.yaml:1:11: files include each other: a.yaml → b.yaml → a.yaml"]


def test_includes_cannot_multiply_without_end() -> None:
    files = {f"f{n}.yaml": f"include: [f{n + 1}.yaml, f{n + 1}.yaml]" for n in range(19)}
    said = problems_of("include: [f0.yaml]", {**files, "f19.yaml": ""})
    assert any("more than 200000 values in all files together" in line for line in said)


def test_includes_cannot_nest_without_end() -> None:
    files = {f"f{n}.yaml": f"include: [f{n + 1}.yaml]" for n in range(60)}
    assert problems_of("include: [f0.yaml]", files) == [
        "f19.yaml:1:11: includes nested deeper than 20"
    ]


def test_files_asked_for_replace_the_profile_and_its_overlay() -> None:
    files = {
        f"{ROOT}/{P}": b"services: {no: {command: n}}",
        f"{ROOT}/devenv.profile.local.yaml": b"services: {no: {command: n}}",
        f"{ROOT}/one.yaml": b"services: {a: {command: a}}",
        f"{ROOT}/sub/two.yaml": b"services: {b: {command: b, working_dir: x}}",
    }
    loaded = load(Request(ROOT, files=("one.yaml", f"{ROOT}/sub/two.yaml")), files.get)
    services = loaded.environment.services
    assert list(services) == ["a", "b"]
    assert process_of(services["b"])[1] == f"{ROOT}/x"


def test_a_file_asked_for_must_be_there() -> None:
    with pytest.raises(ProfileError) as caught:
        load(Request(ROOT, files=("gone.yaml",)), lambda _: None)
    assert str(caught.value) == "gone.yaml: there is no file gone.yaml"


PROCFILE = "# all of it\nweb: bin/web -p $PORT ${{x}}\n\nworker:  bin/worker; wait\n"


def test_a_procfile_works_as_it_stands() -> None:
    files = {f"{ROOT}/Procfile": PROCFILE.encode(), f"{ROOT}/.env": b"PORT=1\nA=$B\n"}
    loaded = load(Request(ROOT, environment={"B": "b"}), files.get)
    web, worker = loaded.environment.services.values()
    assert loaded.problems == ()
    assert web.process is not None
    assert web.process.command == ("sh", "-c", "bin/web -p $PORT ${{$}}{{x}}")
    assert dict(web.process.environment) == {"PORT": "${{ self.port }}", "A": "b"}
    assert process_of(worker)[0] == ("sh", "-c", "bin/worker; wait")
    assert web.ports == (Port("port", PortRange(5000, 5099)),)
    assert worker.ports == (Port("port", PortRange(5100, 5199)),)
    assert str(worker.origin) == "Procfile:4:1"


def test_what_is_wrong_with_a_procfile() -> None:
    files = {f"{ROOT}/Procfile": b"web: a\nnonsense\nweb: b\nx y: z\n"}
    with pytest.raises(ProfileError) as caught:
        load(Request(ROOT), files.get)
    assert [str(problem) for problem in caught.value.problems] == [
        "Procfile:2:1: not a line of a Procfile (write `NAME: COMMAND`)",
        "Procfile:3:1: a second line for `web`",
        "Procfile:4:1: not a line of a Procfile (write `NAME: COMMAND`)",
    ]


def test_a_profile_wins_over_a_procfile() -> None:
    loaded = load_text("services: {a: {command: a}}", {"Procfile": "web: run\n"})
    assert list(loaded.environment.services) == ["a"]
