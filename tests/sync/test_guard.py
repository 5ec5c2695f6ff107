from __future__ import annotations

from devenv.sync.guard import TIMES, TOO_SOON, Guard, acted, changed


def test_a_service_that_changes_what_restarts_it_is_noticed() -> None:
    guard, now = Guard(), 0.0
    for _ in range(TIMES + 1):
        assert not guard.is_spinning
        guard = acted(changed(guard, now), now + 0.3)
        now += 0.5
    assert guard.is_spinning


def test_saves_of_a_person_are_no_loop() -> None:
    guard, now = Guard(), 0.0
    for _ in range(10 * TIMES):
        guard = acted(changed(guard, now), now + 0.3)
        now += 0.3 + TOO_SOON
    assert not guard.is_spinning


def test_a_pause_ends_the_suspicion() -> None:
    guard = Guard(acted=1.0, row=TIMES)
    assert not changed(guard, 1.0 + TOO_SOON).is_spinning
