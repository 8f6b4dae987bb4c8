"""The record as a table: aligned, with where each move came from and went to."""

from agent.history import table


def test_each_event_says_from_where_to_where() -> None:
    proof = {"rows": 50, "equal": 50}
    told = {"model": "t:1", "bento": "t:1", "who": "a@b", "proof": proof, "why": "ekiben deploy"}
    lines = table(
        [
            {"at": "T1", "event": "deploy", "revision": 1, "previous": None, "left": None, **told},
            {"at": "T2", "event": "canary", "revision": 2, "previous": 1, "left": None, "canary": 10, **told},
            {"at": "T3", "event": "promote", "revision": 2, "previous": 1, "left": 1, **told},
            {"at": "T4", "event": "stop", "revision": 2, "left": 2},
        ]
    )
    assert [line.split()[0] for line in lines] == ["when", "T1", "T2", "T3", "T4"]
    assert "- → 1" in lines[1]
    assert "canary 10 %  1 + 2" in lines[2]
    assert "1 → 2" in lines[3]
    assert lines[4].endswith("2 → -")
    assert lines[1].endswith("50 of 50 equal  ekiben deploy")


def test_what_a_gate_found_stands_beside_the_proof() -> None:
    gate = {"live": "t:1", "p_value": 0.00031}
    proof = {"rows": 50, "equal": 50}
    lines = table([{"at": "T", "event": "deploy", "revision": 2, "left": 1, "proof": proof, "gate": gate}])
    assert lines[1].endswith("50 of 50 equal, better than t:1 (p = 0.00031)")


def test_a_long_record_says_what_is_left_out() -> None:
    lines = table([{"at": "T", "event": "stop", "revision": 1}] * 25)
    assert lines[0].strip() == "5 earlier lines are in its record."
    assert len(lines) == 22
