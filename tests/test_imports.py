"""The order of the rooms: a room imports only rooms that stand below it."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_a_room_imports_only_rooms_below_it(capsys):
    status = lint_imports(no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, (
        "an import runs against the order of the rooms: invert it with an event, or move the piece down\n"
        + capsys.readouterr().out
    )
