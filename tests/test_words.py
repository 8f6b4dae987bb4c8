"""The last words of a log: the error, not what follows it, and only what this start wrote."""

from pathlib import Path

from tools.core.serving.words import last_words, size_of_log


def test_the_error_is_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert (last_words(log), size_of_log(log)) == ("", 0)
    log.write_text("ValueError: an older one\n", encoding="utf-8")
    before = size_of_log(log)
    assert last_words(log, before) == ""
    with log.open("a", encoding="utf-8") as file:
        file.write("  File x\nModuleNotFoundError: No module named 'onnxruntime'\n\nApplication startup failed.\n")
    assert last_words(log, before) == "ModuleNotFoundError: No module named 'onnxruntime'"
    before = size_of_log(log)
    with log.open("ab") as file:
        file.write(b"killed \xff\n")
    assert last_words(log, before) == "killed \ufffd"
