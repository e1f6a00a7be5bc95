import pytest

from mmseg_facenext.datasets.splits import split_ids, write_split
from mmseg_facenext.errors import UserError

COMPLETE = range(30000)


def write(path, *lines):
    path.write_text('\n'.join(lines) + '\n')


@pytest.mark.parametrize(
    ('split', 'first', 'last', 'count'),
    [
        ('train', 0, 27999, 28000),
        ('val', 28000, 29999, 2000),
        ('test', 28000, 29999, 2000),
        ('all', 0, 29999, 30000),
    ],
)
def test_faceparser_rule(tmp_path, split, first, last, count):
    ids = split_ids('faceparser', split, tmp_path, COMPLETE)
    assert (ids[0], ids[-1], len(ids)) == (first, last, count)


def test_official_partition_goes_through_the_mapping(tmp_path):
    write(
        tmp_path / 'CelebA-HQ-to-CelebA-mapping.txt',
        '  idx    orig_idx    orig_file',
        '0  119613  119614.jpg',
        '1  99094  099095.jpg',
        '2  200121  200122.jpg',
        '3  81059  081060.jpg',
    )
    write(
        tmp_path / 'list_eval_partition.txt',
        '000001.jpg 0',
        '081060.jpg 0',
        '099095.jpg 1',
        '119614.jpg 0',
        '200122.jpg 2',
    )
    assert split_ids('official', 'train', tmp_path, range(4)) == [0, 3]
    assert split_ids('official', 'val', tmp_path, range(4)) == [1]
    assert split_ids('official', 'test', tmp_path, range(4)) == [2]


@pytest.mark.parametrize('source', ['official', 'list_eval_partition.txt'])
def test_partition_by_hq_id_needs_no_mapping(tmp_path, source):
    write(tmp_path / 'list_eval_partition.txt', '00000 0', '00001 2', '00002 0', '00010 1')
    assert split_ids(source, 'train', tmp_path, range(20)) == [0, 2]
    assert split_ids(source, 'val', tmp_path, range(20)) == [10]
    assert split_ids(source, 'test', tmp_path, range(20)) == [1]


def test_id_lists(tmp_path):
    write(tmp_path / 'train_split.txt', '3', '', '1')
    write(tmp_path / 'val_split.txt', '00002.png')
    assert split_ids('{split}_split.txt', 'train', tmp_path, range(4)) == [3, 1]
    assert split_ids('val_split.txt', 'val', tmp_path, range(4)) == [2]
    elsewhere = tmp_path / 'lists'
    elsewhere.mkdir()
    write(elsewhere / 'some.txt', '0')
    assert split_ids(str(elsewhere / 'some.txt'), 'test', tmp_path, range(4)) == [0]


@pytest.mark.parametrize('source', ['{split}_split.txt', 'train_split.txt'])
def test_ids_in_training_and_evaluation_are_refused(tmp_path, source):
    write(tmp_path / 'train_split.txt', '1', '2', '3')
    write(tmp_path / 'test_split.txt', '3', '2')
    with pytest.raises(
        UserError, match=r"2 ids \(2, 3\) both in split 'train' and in 'test' .*test_split.txt"
    ):
        split_ids(source, 'train', tmp_path, range(4))


def test_validation_and_test_may_be_the_same(tmp_path):
    write(tmp_path / 'val_split.txt', '1')
    write(tmp_path / 'test_split.txt', '1')
    assert split_ids('{split}_split.txt', 'val', tmp_path, range(4)) == [1]


def test_images_that_do_not_exist_are_counted_and_named(tmp_path):
    write(tmp_path / 'ids.txt', *map(str, range(10)))
    with pytest.raises(UserError, match=r'7 ids \(3, 4, 5, 6, 7, \.\.\.\) .*ids.txt.* without an image'):
        split_ids('ids.txt', 'val', tmp_path, range(3))


def test_faceparser_on_a_small_tree_says_what_to_set_instead(tmp_path):
    with pytest.raises(UserError, match=r"complete 30,000 images; write your own .*'\{split\}_split.txt'"):
        split_ids('faceparser', 'train', tmp_path, range(200))
    write(tmp_path / 'train_split.txt', '0')
    with pytest.raises(UserError, match=r"found train_split.txt there, so set split_source='\{split\}_split"):
        split_ids('faceparser', 'train', tmp_path, range(200))


@pytest.mark.parametrize(
    ('lines', 'message'),
    [
        (['1', 'two'], r"line 2: expected an image id as on its first line, got 'two'"),
        (['1', '2 0'], r'line 2: expected an image id as'),
        (['1 0', '2 3'], r'line 2: expected a name and 0 \(train\), 1 \(val\) or 2 \(test\), got .2 3.'),
        (['1 0', 'x 0'], r'line 2: expected an image id and 0, 1 or 2'),
        (['1', '7', '1', '1'], r'ids.txt lists 1 image \(1\) more than once; list each image once'),
        (['1 0', '2 0', '1 2'], r'ids.txt lists 1 image \(1\) more than once'),
        (['1 0', '00001.jpg 1'], r'ids.txt lists 1 image \(1\) more than once'),
        (['000001.jpg 0', '000001.jpg 2'], r'ids.txt lists 1 image \(000001.jpg\) more than once'),
        (['1 1'], r"split 'train' of .*ids.txt is empty"),
        ([''], r'ids.txt is empty'),
        (['000001.jpg 0'], r'CelebA-HQ-to-CelebA-mapping.txt; it comes with CelebAMask-HQ; copy it there'),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path, lines, message):
    write(tmp_path / 'ids.txt', *lines)
    with pytest.raises(UserError, match=message):
        split_ids('ids.txt', 'train', tmp_path, range(20))


@pytest.mark.parametrize(
    ('mapping', 'message'),
    [
        (['0 1 000001.jpg', '1 2'], r"mapping.txt, line 2: expected 'idx orig_idx orig_file', got '1 2'"),
        (['0 1 000001.jpg', '0 2 000003.jpg'], r'mapping.txt lists 1 image \(0\) more than once'),
        (['0 1 000002.jpg'], r'mapping.txt, line 1: 000002.jpg is not listed in .*list_eval_partition.txt'),
    ],
)
def test_bad_mapping_is_named_with_its_line(tmp_path, mapping, message):
    write(tmp_path / 'list_eval_partition.txt', '000001.jpg 0', '000003.jpg 2')
    write(tmp_path / 'CelebA-HQ-to-CelebA-mapping.txt', *mapping)
    with pytest.raises(UserError, match=message):
        split_ids('official', 'train', tmp_path, range(20))


def test_missing_files_say_where_they_come_from(tmp_path):
    with pytest.raises(UserError, match=r"list_eval_partition.txt; it comes with CelebA \(folder 'Eval'\)"):
        split_ids('official', 'train', tmp_path, COMPLETE)
    with pytest.raises(
        UserError, match=r"train.txt; split_source is 'faceparser', 'official' or a file name"
    ):
        split_ids('{split}.txt', 'train', tmp_path, COMPLETE)
    with pytest.raises(UserError, match="unknown split 'training'"):
        split_ids('faceparser', 'training', tmp_path, COMPLETE)


def test_written_splits_are_read_again_and_never_changed(tmp_path):
    path = tmp_path / 'train_split.txt'
    write_split(path, [5, 3])
    write_split(path, [5, 3])
    assert path.read_text() == '5\n3\n'
    assert split_ids('train_split.txt', 'train', tmp_path, range(6)) == [5, 3]
    with pytest.raises(UserError, match=r'train_split.txt exists and lists other ids'):
        write_split(path, [5])
    assert [p.name for p in tmp_path.iterdir()] == ['train_split.txt']
