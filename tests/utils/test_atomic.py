"""Files appear complete or not at all, and whoever fails says which file it was."""

import errno

import pytest

from mmseg_facenext.cli.run import explain
from mmseg_facenext.utils.atomic import atomic_path


def test_a_write_that_fails_leaves_the_earlier_file_and_names_it(tmp_path):
    path = tmp_path / 'scores.json'
    path.write_text('earlier')

    def fill_the_disk():
        with atomic_path(path) as temporary:
            temporary.write_text('half')
            raise OSError(errno.ENOSPC, 'No space left on device')  # as `write` does, without a name

    with pytest.raises(OSError, match='No space left') as caught:
        fill_the_disk()
    assert explain(caught.value) == f'{path}: the disk is full: free some space or choose another folder'
    assert path.read_text() == 'earlier'
    assert [file.name for file in tmp_path.iterdir()] == ['scores.json']


def test_the_name_is_the_final_one(tmp_path):
    path = tmp_path / 'folder.png'
    path.mkdir()
    with pytest.raises(IsADirectoryError) as caught, atomic_path(path) as temporary:
        temporary.write_text('x')
    assert explain(caught.value).startswith(f'{path}: ')
    with pytest.raises(FileNotFoundError) as gone, atomic_path(tmp_path / 'new.png') as temporary:
        temporary.open()
    assert gone.value.filename == str(tmp_path / 'new.png')


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / 'file').write_text('x')
    with pytest.raises(OSError, match='file') as caught, atomic_path(tmp_path / 'file' / 'x.png'):
        pass
    assert explain(caught.value).startswith(f'{tmp_path / "file"}: ')


def test_an_error_is_not_hidden_by_the_clean_up(tmp_path, monkeypatch):
    """On a read-only disk even removing a file that is not there is refused."""

    def refuse(self, missing_ok=False):
        raise OSError(errno.EROFS, 'Read-only file system', str(self))

    monkeypatch.setattr(type(tmp_path), 'unlink', refuse)
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / 'x.png'):
        _ = 1 / 0
