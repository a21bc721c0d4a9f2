import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from workshop_utils.files import DamagedError, bytes_of, read_tensors, write_tensors

TENSORS = {"images": torch.arange(12, dtype=torch.uint8).reshape(3, 4), "mean": torch.tensor(0.5)}
ABOUT = {"variant": "JPEG copy", "losses": [0.1, 1 / 3], "note": "Übung"}


@pytest.fixture
def file(tmp_path):
    write_tensors(tmp_path / "some.safetensors", TENSORS, ABOUT)
    return tmp_path / "some.safetensors"


def test_what_was_written_is_read_bit_for_bit(file):
    tensors, about = read_tensors(file)
    assert about == ABOUT
    assert tensors.keys() == TENSORS.keys()
    for name in TENSORS:
        assert torch.equal(tensors[name], TENSORS[name])
        assert tensors[name].dtype == TENSORS[name].dtype


def test_tensors_do_not_look_into_the_file_any_more(file):
    tensors, _about = read_tensors(file)
    with file.open("r+b") as same:
        same.write(bytes(file.stat().st_size))
    assert torch.equal(tensors["images"], TENSORS["images"])


def test_bytes_are_those_of_the_numbers_in_order_however_they_lie_in_memory():
    every_third = torch.arange(12)[::3]
    columns = torch.arange(12).reshape(3, 4).T
    for tensor in (every_third, columns):
        assert bytes_of(tensor) == bytes_of(tensor.clone(memory_format=torch.contiguous_format))


def test_every_single_altered_byte_is_noticed(file):
    whole = file.read_bytes()
    for place in range(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1
        file.write_bytes(altered)
        try:
            tensors, about = read_tensors(file)
        except DamagedError:
            continue
        # The header has fillers that mean nothing.
        assert about == ABOUT
        assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def test_a_cut_off_file_is_noticed_wherever_it_ends(file):
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedError, match="cut off or damaged"):
            read_tensors(file)


def test_a_file_of_somebody_else_is_not_taken(tmp_path):
    save_file(TENSORS, tmp_path / "other.safetensors")
    with pytest.raises(DamagedError):
        read_tensors(tmp_path / "other.safetensors")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "none.safetensors")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(file, monkeypatch):
    def no_room(tensors, filename, metadata):
        filename.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workshop_utils.files.save_file", no_room)
    with pytest.raises(OSError, match="No space"):
        write_tensors(file, {"images": torch.zeros(9)}, {})
    assert list(file.parent.iterdir()) == [file]
    assert read_tensors(file)[1] == ABOUT


def test_a_writer_that_gives_up_is_an_error_of_the_disk(file, monkeypatch):
    def give_up(tensors, filename, metadata):
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr("workshop_utils.files.save_file", give_up)
    with pytest.raises(OSError, match="some.safetensors could not be written: I/O error"):
        write_tensors(file, TENSORS, ABOUT)
