"""The chain: whatever was changed, moved, cut off or not finished shows, at its line."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from pathlib import Path

import pytest

from engine.trials import LEDGER, accept, check_trials, ledger, read_chain, record
from engine.trials.chain import checked, line_of
from feeds.errors import DataError, DataWarning
from tests.engine.trials.made import drawn, made


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A ledger of six lines: four trials of `alts`, two of `btc`."""
    for seed in range(6):
        record(tmp_path, made(drawn(seed), "btc" if seed > 3 else "alts"))
    return tmp_path


def lines(output: Path) -> list[bytes]:
    return (output / LEDGER).read_bytes().splitlines(keepends=True)


def rewrite(output: Path, content: list[bytes]) -> None:
    (output / LEDGER).write_bytes(b"".join(content))


def faults(output: Path) -> list[tuple[int, str]]:
    return [(fault.line, fault.what) for fault in read_chain(output).faults]


def reforged(line: bytes, previous: str, **changes: object) -> bytes:
    """The line with other values, and hashes that fit."""
    said = {**json.loads(line), **changes}
    return line_of({k: v for k, v in said.items() if k not in ("previous", "hash")}, previous)


def test_each_line_holds_the_hash_of_the_line_before_and_its_own(written: Path) -> None:
    before = "0" * 64
    for line in lines(written):
        said = json.loads(line)
        assert said["previous"] == before
        # The hash is that of the text up to it, as anyone can work out.
        head, _, own = line.decode().rstrip("\n").rpartition(',"hash":')
        assert own == f'"{hashlib.sha256(head.encode()).hexdigest()}"' + "}"
        before = said["hash"]
    assert read_chain(written).hash == before
    assert read_chain(written).faults == ()


def test_a_changed_byte_shows_at_its_line_wherever_it_is(written: Path) -> None:
    whole = (written / LEDGER).read_bytes()
    starts = [0]
    for line in lines(written):
        starts.append(starts[-1] + len(line))
    for place in [*range(0, len(whole) - 1, 37), *range(starts[3] - 160, starts[3] - 1)]:
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        number = sum(start <= place for start in starts)
        found = checked(bytes(spoilt)).faults
        assert found, place
        assert found[0].line == number, (place, found)


def test_a_figure_that_was_edited_is_reported_once_with_its_line(written: Path) -> None:
    old = lines(written)
    old[2] = old[2].replace(b'"bars":50', b'"bars":51')
    rewrite(written, old)
    assert faults(written) == [(3, "it was changed: its hash does not fit")]
    with pytest.raises(DataError, match=r"trials\.jsonl is damaged: line 3: it was changed"):
        check_trials(written)
    with pytest.raises(DataError, match="trials verify --accept"):
        record(written, made(drawn(9)))
    assert len(lines(written)) == 6


def test_a_line_that_was_taken_out_shows_where_it_was(written: Path) -> None:
    old = lines(written)
    rewrite(written, old[:2] + old[3:])
    first, second = faults(written)
    assert first == (3, "the line before it was changed or taken out")
    assert second == (6, "1 of 6 lines are gone from here on")


def test_lines_in_another_order_are_told_by_where_they_belong(written: Path) -> None:
    one, two, three, *rest = lines(written)
    rewrite(written, [one, three, two, *rest])
    assert faults(written) == [
        (2, "the line before it was changed or taken out"),
        (3, "it followed line 1 when it was written"),
        (4, "it followed line 2 when it was written"),
    ]


def test_a_line_that_was_changed_with_its_hash_shows_at_the_next(written: Path) -> None:
    old = lines(written)
    old[2] = reforged(old[2], json.loads(old[1])["hash"], bars=51)
    rewrite(written, old)
    assert faults(written) == [(4, "the line before it was changed or taken out")]


def test_a_chain_that_was_forged_to_its_end_does_not_fit_the_note_of_its_last_line(
    written: Path,
) -> None:
    old, previous = lines(written), "0" * 64
    for place, line in enumerate(old):
        old[place] = reforged(line, previous, bars=51)
        previous = json.loads(old[place])["hash"]
    rewrite(written, old)
    assert faults(written) == [
        (6, "it is not the line that was written last, by .trials/head.json")
    ]


def test_lines_cut_off_the_end_are_missed(written: Path) -> None:
    rewrite(written, lines(written)[:4])
    assert faults(written) == [(5, "2 of 6 lines are gone from here on")]


def test_a_ledger_that_was_deleted_is_missed(written: Path) -> None:
    (written / LEDGER).unlink()
    assert faults(written) == [(1, "6 of 6 lines are gone from here on")]


def test_without_the_note_of_the_last_line_nobody_can_say_that_the_end_is_there(
    written: Path,
) -> None:
    head = written / ".trials" / "head.json"
    whole = json.loads(head.read_bytes())
    head.unlink()
    ((line, what),) = faults(written)
    assert line == 0
    assert what.startswith(".trials/head.json is missing")
    spoilt = [json.dumps(whole | {"lines": lines}).replace("Infinity", "1e999").encode()
              for lines in (math.inf, -100, "6", True, None, 6.0)]  # fmt: skip
    for content in (b"", b"[]", b'{"lines": 6}', *spoilt):
        head.write_bytes(content)
        ((line, what),) = faults(written)
        assert line == 0
        assert what.startswith(".trials/head.json cannot be read")


def test_a_note_that_is_far_behind_is_an_old_one(written: Path) -> None:
    head = {"lines": 0, "hash": "0" * 64, "trials": {}}
    (written / ".trials" / "head.json").write_text(json.dumps(head))
    rewrite(written, lines(written)[:4])
    assert faults(written) == [(0, ".trials/head.json tells of 0 of 4 lines: it is an old one")]


def test_a_process_that_ended_between_line_and_note_did_no_harm(written: Path) -> None:
    head = (written / ".trials" / "head.json").read_bytes()
    record(written, made(drawn(6)))
    (written / ".trials" / "head.json").write_bytes(head)
    assert faults(written) == []
    record(written, made(drawn(7)))
    assert len(lines(written)) == 8
    assert faults(written) == []


def test_a_line_that_was_not_finished_is_told_from_tampering_wherever_it_stops(
    written: Path,
) -> None:
    whole, head = (written / LEDGER).read_bytes(), (written / ".trials" / "head.json").read_bytes()
    record(written, made(drawn(6)))
    longer = (written / LEDGER).read_bytes()
    (written / ".trials" / "head.json").write_bytes(head)
    for stop in [*range(len(whole) + 1, len(longer), 29), len(longer) - 1]:
        (written / LEDGER).write_bytes(longer[:stop])
        chain = read_chain(written)
        assert chain.faults == ()
        assert chain.torn == longer[len(whole) : stop]
    # The same bytes, when the note says that the line was finished, were cut off.
    head_of_7 = json.loads(head) | {"lines": 7, "hash": json.loads(longer.splitlines()[6])["hash"]}
    (written / ".trials" / "head.json").write_text(json.dumps(head_of_7))
    left = len(longer) - 1 - len(whole)
    what = f"1 of 7 lines are gone from here on, all but {left} bytes"
    assert faults(written) == [(7, what)]
    assert read_chain(written).unfinished == ()


def test_processes_that_are_killed_one_after_the_other_do_no_damage(written: Path) -> None:
    head = (written / ".trials" / "head.json").read_bytes()
    before = (written / LEDGER).read_bytes() + b'{"trial":"half a li'
    (written / LEDGER).write_bytes(before)
    with pytest.warns(DataWarning):
        record(written, made(drawn(6)))
    note = (written / LEDGER).read_bytes()[len(before) :].splitlines(keepends=True)
    for stop in (1, 2, 100, len(note[1]), len(note[1]) + 1):  # within "\n" and the note
        (written / ".trials" / "head.json").write_bytes(head)
        (written / LEDGER).write_bytes(before + b"".join(note)[:stop])
        assert faults(written) == []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            record(written, made(drawn(7)))
        assert check_trials(written).trials == {"alts": 5, "btc": 2}
        # A third one in the note of what both have left.
        (written / ".trials" / "head.json").write_bytes(head)
        (written / LEDGER).write_bytes(before + b"".join(note)[:stop] + b'\n{"accepted":"to')
        assert faults(written) == []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            record(written, made(drawn(7)))
        assert check_trials(written).trials["alts"] == 5


def test_a_line_that_was_noted_and_then_changed_is_no_unfinished_one(written: Path) -> None:
    old = lines(written)
    rewrite(written, [*old[:5], old[5].replace(b'"bars":50', b'"bars":51')])
    assert [line for line, _ in faults(written)] == [6]
    assert read_chain(written).unfinished == ()


def test_a_known_trial_brings_a_note_up_that_is_behind(written: Path) -> None:
    head = (written / ".trials" / "head.json").read_bytes()
    record(written, made(drawn(6)))
    (written / ".trials" / "head.json").write_bytes(head)
    assert not record(written, made(drawn(6)))
    rewrite(written, lines(written)[:6])
    assert faults(written) == [(7, "1 of 7 lines are gone from here on")]


def test_the_next_trial_leaves_an_unfinished_line_there_and_notes_it(written: Path) -> None:
    before = (written / LEDGER).read_bytes() + b'{"trial":"half a li'
    (written / LEDGER).write_bytes(before)
    with pytest.warns(DataWarning, match=r"line 7 of .*trials\.jsonl was not finished"):
        record(written, made(drawn(6)))
    after = (written / LEDGER).read_bytes()
    assert after.startswith(before + b"\n")
    note, trial = after[len(before) + 1 :].splitlines()
    assert json.loads(note)["accepted"] == "torn line"
    assert json.loads(note)["previous"] == hashlib.sha256(before + b"\n").hexdigest()
    assert json.loads(note)["lost"] == {}
    assert json.loads(trial)["previous"] == json.loads(note)["hash"]
    chain = check_trials(written)
    assert chain.trials == {"alts": 5, "btc": 2}
    assert [str(fault) for fault in chain.accepted] == ["line 7: 19 bytes, not finished"]
    record(written, made(drawn(7)))  # and without a warning from then on


def test_accepted_damage_stays_on_the_record_and_its_trials_are_counted_on(written: Path) -> None:
    old = lines(written)
    old[1] = b"no line of ours\n"
    rewrite(written, old[:5])  # one trial of `alts` unreadable, one of `btc` cut off
    assert [fault.line for fault in accept(written).faults] == [2, 6]
    assert lines(written)[:5] == old[:5]
    said = json.loads(lines(written)[5])
    assert said["accepted"] == "damage"
    assert said["lost"] == {"alts": 1, "btc": 1}
    assert len(said["faults"]) == 2
    chain = check_trials(written)
    assert chain.trials == {"alts": 4, "btc": 2}
    assert record(written, made(drawn(20), "btc"))
    assert check_trials(written).trials == {"alts": 4, "btc": 3}


def test_a_ledger_that_was_forged_to_its_end_stays_on_the_record_once_accepted(
    written: Path,
) -> None:
    old, previous = lines(written), "0" * 64
    for place, line in enumerate(old):
        old[place] = reforged(line, previous, bars=51)
        previous = json.loads(old[place])["hash"]
    rewrite(written, old)
    accept(written)
    chain = check_trials(written)
    assert [str(fault) for fault in chain.accepted] == [
        "line 6: it is not the line that was written last, by .trials/head.json"
    ]
    assert chain.since == 7


def test_of_very_many_faults_the_record_has_the_first_and_how_many_more(tmp_path: Path) -> None:
    for seed in range(103):
        record(tmp_path, made(drawn(seed, 5)))
    rewrite(tmp_path, [line.replace(b'"bars":5', b'"bars":6') for line in lines(tmp_path)])
    count = len(faults(tmp_path))
    accept(tmp_path)
    found = [str(fault) for fault in check_trials(tmp_path).accepted]
    assert found[0] == "line 1: it was changed: its hash does not fit"
    assert (len(found), found[-1]) == (101, f"and {count - 100} more")


def test_a_line_that_accepts_without_words_is_a_fault(written: Path) -> None:
    whole = (written / LEDGER).read_bytes()
    bare = {"accepted": "damage", "faults": 3, "lost": {}}
    line = line_of(bare, hashlib.sha256(whole).hexdigest())
    found = [str(fault) for fault in checked(whole + line).faults]
    assert found == ["line 7: it does not say what was accepted"]


def test_what_was_accepted_cannot_be_changed_again_unseen(written: Path) -> None:
    old = lines(written)
    old[1] = b"no line of ours\n"
    rewrite(written, old)
    accept(written)
    whole = (written / LEDGER).read_bytes()
    (written / LEDGER).write_bytes(whole.replace(b"no line of ours", b"no line of mine"))
    assert (7, "what is before it is not what was accepted then") in faults(written)


def test_deleting_ledger_and_results_does_not_lower_the_count(written: Path) -> None:
    (written / LEDGER).unlink()
    accept(written)
    assert check_trials(written).trials == {"alts": 4, "btc": 2}
    assert len(lines(written)) == 1


def test_accepting_without_the_note_counts_what_broken_lines_still_say(written: Path) -> None:
    old = lines(written)
    old[5] = old[5].replace(b'"bars":50', b'"bars":51')
    rewrite(written, old)
    (written / ".trials" / "head.json").unlink()
    accept(written)
    assert check_trials(written).trials == {"alts": 4, "btc": 2}


def test_accepting_a_whole_ledger_writes_nothing(written: Path) -> None:
    before = (written / LEDGER).read_bytes()
    accept(written)
    assert (written / LEDGER).read_bytes() == before


def test_a_ledger_that_was_checked_and_then_changed_is_checked_again(written: Path) -> None:
    assert faults(written) == []
    old = lines(written)
    rewrite(written, [old[0].replace(b'"bars":50', b'"bars":51'), *old[1:]])
    assert [line for line, _ in faults(written)] == [1]
    rewrite(written, old)
    assert faults(written) == []


def test_a_line_that_is_added_while_another_process_reads_is_no_damage(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_head, late = ledger.read_head, [made(drawn(6))]

    def slow(output: Path) -> object:
        head = read_head(output)
        if late:
            record(output, late.pop())
        return head

    monkeypatch.setattr(ledger, "read_head", slow)
    assert faults(written) == []
    assert check_trials(written).trials == {"alts": 5, "btc": 2}


def test_the_first_lines_of_a_ledger_are_no_damage_to_who_reads_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_head, late = ledger.read_head, [made(drawn(seed)) for seed in range(5)]

    def slow(output: Path) -> object:
        head = read_head(output)
        waiting, late[:] = late[:], []
        for trial in waiting:
            record(output, trial)
        return head

    monkeypatch.setattr(ledger, "read_head", slow)
    assert faults(tmp_path) == []
    assert check_trials(tmp_path).trials == {"alts": 5}


def test_a_line_that_was_never_finished_is_not_counted_when_damage_is_accepted(
    written: Path,
) -> None:
    with (written / LEDGER).open("ab") as file:
        file.write(lines(written)[0][:200])
    accept(written)
    rewrite(written, [b"no line of ours\n", *lines(written)[1:]])
    accept(written)
    assert check_trials(written).lost == {"alts": 1}
