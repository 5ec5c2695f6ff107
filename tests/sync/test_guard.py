from __future__ import annotations

from devenv.sync.guard import SLOWEST, TIMES, TOO_SOON, Guard, acted, changed


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


def test_a_person_who_saves_quickly_waits_for_a_moment_of_quiet() -> None:
    guard, now = Guard(), 0.0
    for _ in range(TIMES + 1):
        guard = acted(changed(guard, now), now)
        now += 1.0
    assert guard.pause == TOO_SOON
    assert changed(guard, now - 1.0 + guard.pause).pause == 0.0


def test_all_changes_before_an_action_count_as_one() -> None:
    guard = Guard(acted=1.0)
    for _ in range(TIMES):
        guard = changed(guard, 1.5)
    assert guard.row == 1


def test_a_loop_is_kept_waiting_longer_each_time_but_never_for_good() -> None:
    pauses = [Guard(row=row).pause for row in range(TIMES, 50)]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[1] < pauses[-1] == SLOWEST


def test_a_pause_ends_the_suspicion() -> None:
    guard = Guard(acted=1.0, row=TIMES)
    assert not changed(guard, 1.0 + TOO_SOON).is_spinning
