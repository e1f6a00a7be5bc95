"""Downloads from a server that misbehaves, through the real clients."""

import errno
import hashlib
import io
import json
import logging
import multiprocessing
import os
import re
import shutil
import threading
from pathlib import Path

import pytest
import torch
from misbehaving_server import Answer, MisbehavingServer

from mmseg_facenext.checkpoints import locate_checkpoint, read_checkpoint, zoo
from mmseg_facenext.checkpoints.download import transfer
from mmseg_facenext.checkpoints.download.addresses import request_for
from mmseg_facenext.checkpoints.zoo import ZOO, find_weights
from mmseg_facenext.errors import UserError

QUOTA = b"""<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head><body>
Too many users have viewed or downloaded this file recently.</body></html>"""
DRIVE = 'https://drive.usercontent.google.com/download?id=1FJDN1edNpUyx8Bv5Eo7JutAvbL9zFfn4&export=download&confirm=t'
UNDOCUMENTED = 'segface.swin_b.512.helen'
UNDOCUMENTED_PATH = '/kartiknarayan/SegFace/resolve/main/swinb_helen_512/model_299.pt'
DOCUMENTED = 'segface.swin_b.224.celebamaskhq'
DOCUMENTED_PATH = '/kartiknarayan/SegFace/resolve/main/swinb_celeba_224/model_299.pt'
SIZED = 'segface.mobilenet_v3_large.512.celebamaskhq'
SIZED_PATH = '/kartiknarayan/SegFace/resolve/main/mobilenet_celeba_512/model_299.pt'


def weights(value: float) -> bytes:
    stream = io.BytesIO()
    torch.save({'state_dict': {'w': torch.full((50_000,), value)}}, stream)
    return stream.getvalue()


ONES, TWOS = weights(1), weights(2)


@pytest.fixture
def server(monkeypatch):
    for name in ('http_proxy', 'https_proxy', 'all_proxy'):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with MisbehavingServer() as server:
        monkeypatch.setenv('HF_ENDPOINT', server.url)
        yield server


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('FACENEXT_CACHE', str(tmp_path / 'cache'))
    monkeypatch.delenv('FACENEXT_OFFLINE', raising=False)
    monkeypatch.setattr(transfer, 'WAITS', (0.01, 0.01))
    return tmp_path / 'cache'


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob('*') if path.is_file() and path.parent.name != '.locks')


def refused(checkpoint: str) -> str:
    """What is said, which is one line."""
    with pytest.raises(UserError) as caught:
        locate_checkpoint(checkpoint)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def first_value(checkpoint: str) -> float:
    return read_checkpoint(checkpoint)['state_dict']['w'][0].item()


def test_addresses_that_end_alike_are_two_files(server):
    server.answers = {'/one/model_299.pt': Answer(ONES), '/two/model_299.pt?x=1': Answer(TWOS)}
    for _ in range(2):  # the second time without a request
        assert first_value(f'{server.url}/one/model_299.pt') == 1
        assert first_value(f'{server.url}/two/model_299.pt?x=1') == 2
    assert [path for path, _ in server.asked] == ['/one/model_299.pt', '/two/model_299.pt?x=1']


def test_a_transfer_that_is_cut_goes_on_where_it_stopped(server, cache):
    server.answers['/w.pth'] = Answer(ONES, cuts=[70_000, 30_000], tag='"v1"')
    assert first_value(f'{server.url}/w.pth') == 1
    assert [start for _, start in server.asked] == [None, 'bytes=70000-', 'bytes=100000-']
    assert files(cache) == ['w.pth', 'w.pth.json']


def test_the_next_run_goes_on_with_a_transfer_that_was_given_up(server, cache):
    server.answers['/w.pth'] = Answer(ONES, cuts=[70_000, 0, 0])
    assert 'the transfer was cut' in refused(f'{server.url}/w.pth')
    assert files(cache) == ['w.pth.part']
    server.asked.clear()
    assert locate_checkpoint(f'{server.url}/w.pth').read_bytes() == ONES
    assert server.asked == [('/w.pth', 'bytes=70000-')]


@pytest.mark.parametrize('how', ['no ranges', 'another version', 'longer than the file'])
def test_a_beginning_that_does_not_fit_is_downloaded_again(server, cache, how):
    server.answers['/w.pth'] = Answer(ONES, cuts=[70_000, 0, 0], tag='"v1"')
    refused(f'{server.url}/w.pth')
    server.answers['/w.pth'] = {
        'no ranges': Answer(ONES, ranges=False),
        'another version': Answer(TWOS, tag='"v2"'),
        'longer than the file': Answer(ONES, tag='"v1"'),
    }[how]
    if how == 'longer than the file':
        (part,) = cache.rglob('*.part')
        part.write_bytes(ONES + b'more')
    content = server.answers['/w.pth'].body
    assert locate_checkpoint(f'{server.url}/w.pth').read_bytes() == content
    assert files(cache) == ['w.pth', 'w.pth.json']


@pytest.mark.parametrize(
    ('answer', 'words'),
    [
        (Answer(b'gone', 404), 'answers 404, there is no such file'),
        (Answer(b'', 503), 'answers 503'),
        (
            Answer(QUOTA, 403, {'Content-Type': 'text/html'}),
            'answers 403.*Quota exceeded.*try again tomorrow',
        ),
        (Answer(QUOTA, headers={'Content-Type': 'text/html'}), 'a web page came .*Quota exceeded.*tomorrow'),
        (Answer(QUOTA), 'a web page came instead of the file'),
        (Answer(b'{"error": "not today"}'), 'a JSON message came'),
        (Answer(b''), 'an empty file came'),
        (Answer(status=302, headers={'Location': '/w.pth'}), 'redirects'),
    ],
    ids=['404', '503', 'quota 403', 'quota 200', 'html untyped', 'json', 'empty', 'redirects for ever'],
)
def test_what_is_no_file_is_said_and_not_kept(server, cache, answer, words):
    server.answers['/w.pth'] = answer
    said = refused(f'{server.url}/w.pth')
    assert re.search(words, said)
    assert f'download it by hand to {cache}' in said
    assert files(cache) == []


def test_the_beginning_of_a_hash_in_a_name_is_verified(server, cache):
    right = hashlib.sha256(ONES).hexdigest()[:8]
    server.answers = {f'/a-{right}.pth': Answer(ONES), '/a-01234567.pth': Answer(ONES)}
    assert first_value(f'{server.url}/a-{right}.pth') == 1
    assert f'another SHA-256 ({right}' in refused(f'{server.url}/a-01234567.pth')
    assert files(cache) == [f'a-{right}.pth', f'a-{right}.pth.json']


def test_published_weights_of_another_hash_or_size_are_deleted(server, cache):
    server.answers = {DOCUMENTED_PATH: Answer(ONES), SIZED_PATH: Answer(ONES)}
    assert 'another SHA-256' in (said := refused(DOCUMENTED))
    assert '911767d7e2b0' in said
    assert 'was deleted' in said
    assert f'has {len(ONES)} bytes, expected 84928824' in refused(SIZED)
    assert files(cache) == []


def test_a_hash_that_nobody_documents_is_recorded_and_compared(server, cache):
    server.answers[UNDOCUMENTED_PATH] = Answer(ONES)
    file = locate_checkpoint(UNDOCUMENTED)
    record = json.loads(file.with_name('model_299.pt.json').read_text())
    assert record['sha256'] == hashlib.sha256(ONES).hexdigest()
    file.unlink()
    server.answers[UNDOCUMENTED_PATH] = Answer(TWOS)
    assert 'another file than at its first download' in refused(UNDOCUMENTED)
    assert files(cache) == ['model_299.pt.json']
    server.answers[UNDOCUMENTED_PATH] = Answer(ONES)
    assert first_value(UNDOCUMENTED) == 1


def test_the_hash_that_the_hub_promises_is_verified(server, cache):
    other = f'"{hashlib.sha256(TWOS).hexdigest()}"'
    server.answers = {
        UNDOCUMENTED_PATH: Answer(status=302, headers={'Location': '/cdn/x', 'X-Linked-Etag': other}),
        '/cdn/x': Answer(ONES),
    }
    assert 'another SHA-256' in refused(UNDOCUMENTED)
    assert files(cache) == []


def test_a_file_that_changed_in_the_cache_is_refused(server):
    server.answers['/w.pth'] = Answer(ONES)
    file = locate_checkpoint(f'{server.url}/w.pth')
    file.write_bytes(TWOS)
    assert 'has changed since it was downloaded' in refused(f'{server.url}/w.pth')
    file.write_bytes(ONES)  # the same content at another time
    assert first_value(f'{server.url}/w.pth') == 1


def test_a_file_put_there_by_hand_is_verified_and_used_without_a_network(cache, monkeypatch):
    monkeypatch.setenv('FACENEXT_OFFLINE', '1')
    for name in (UNDOCUMENTED, DOCUMENTED):
        said = refused(name)
        assert 'FACENEXT_OFFLINE' in said
        assert find_weights(name).addresses[0] in said
        target = Path(said.rpartition(' by hand to ')[2])
        assert target.is_relative_to(cache)
        target.write_bytes(ONES)
    assert first_value(UNDOCUMENTED) == 1
    assert 'is not the file published as' in refused(DOCUMENTED)


def test_a_web_page_put_there_by_hand_is_not_taken_for_the_file(cache, monkeypatch):
    monkeypatch.setenv('FACENEXT_OFFLINE', '1')
    target = Path(refused(UNDOCUMENTED).rpartition(' by hand to ')[2])
    target.write_bytes(QUOTA)
    assert 'is a web page instead of the file' in refused(UNDOCUMENTED)
    target.write_bytes(ONES)
    assert first_value(UNDOCUMENTED) == 1


@pytest.mark.parametrize(
    ('address', 'file'),
    [
        ('https://huggingface.co/a/b/blob/main/x/w.pt', 'https://huggingface.co/a/b/resolve/main/x/w.pt'),
        (
            'https://huggingface.co/a/b/resolve/v1%2E0/w%20w.pt?download=true',
            'https://huggingface.co/a/b/resolve/v1.0/w%20w.pt',
        ),
        ('https://drive.google.com/file/d/1FJDN1edNpUyx8Bv5Eo7JutAvbL9zFfn4/view?usp=sharing', DRIVE),
        ('https://drive.google.com/uc?export=download&id=1FJDN1edNpUyx8Bv5Eo7JutAvbL9zFfn4', DRIVE),
        ('https://example.org/blob/main/w.pt?x=1', 'https://example.org/blob/main/w.pt?x=1'),
    ],
)
def test_pages_of_files_stand_for_the_files(address, file, monkeypatch):
    monkeypatch.setenv('HF_ENDPOINT', 'https://huggingface.co')
    assert request_for(address).url == file


def test_restricted_terms_are_said_once(server, caplog):
    server.answers[UNDOCUMENTED_PATH] = Answer(ONES)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            locate_checkpoint(UNDOCUMENTED)
    assert [record.getMessage() for record in caplog.records] == [
        f'{UNDOCUMENTED}: licence of the weights: MIT; trained on Helen: non-commercial research only'
    ]


def test_the_login_of_the_hub_goes_to_the_hub_only(server, monkeypatch):
    monkeypatch.setenv('HF_TOKEN', 'hf_secret')
    server.answers = {UNDOCUMENTED_PATH: Answer(ONES), '/w.pth': Answer(ONES)}
    locate_checkpoint(UNDOCUMENTED)
    locate_checkpoint(f'{server.url}/w.pth')
    assert [headers.get('Authorization') for headers in server.headers] == ['Bearer hf_secret', None]


def test_a_password_in_an_address_is_used_and_not_shown(server, cache):
    address = server.url.replace('http://', 'http://me:secret@')
    assert 'secret' not in refused(f'{address}/v.pth')
    server.answers['/w.pth'] = Answer(ONES)
    record = locate_checkpoint(f'{address}/w.pth').with_name('w.pth.json')
    assert 'secret' not in record.read_text()
    assert server.headers[-1]['Authorization'].startswith('Basic ')


def test_a_second_address_is_tried(server, monkeypatch, cache):
    entry = zoo.ZooEntry(**{**vars(ZOO[0]), 'addresses': (f'{server.url}/a', f'{server.url}/b')})
    monkeypatch.setitem(zoo._BY_NAME, 'mine', entry)
    server.answers['/b'] = Answer(ONES)
    assert first_value('mine') == 1
    del server.answers['/b']
    shutil.rmtree(cache)
    assert refused('mine').count('answers 404') == 2


def ask(address, results):
    results.put(first_value(address))


def test_several_processes_download_once(server):
    gate = threading.Event()
    server.answers['/w.pth'] = Answer(ONES, gate=gate)
    context = multiprocessing.get_context('fork')
    results = context.Queue()
    processes = [context.Process(target=ask, args=(f'{server.url}/w.pth', results)) for _ in range(4)]
    for process in processes:
        process.start()
    threading.Timer(0.5, gate.set).start()
    assert [results.get(timeout=60) for _ in processes] == [1] * 4
    for process in processes:
        process.join(60)
    assert len(server.asked) == 1


def test_a_proxy_is_used_and_a_dead_one_is_named(server, monkeypatch):
    server.answers['http://example.invalid/w.pth'] = Answer(ONES)
    monkeypatch.setenv('http_proxy', server.url)
    assert first_value('http://example.invalid/w.pth') == 1
    monkeypatch.setenv('http_proxy', 'http://127.0.0.1:9')
    assert 'proxy 127.0.0.1:9 cannot be used (Connection refused)' in refused('http://example.invalid/v.pth')
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    server.answers['/w.pth'] = Answer(TWOS)
    assert first_value(f'{server.url}/w.pth') == 2


def test_no_network(cache):
    said = refused('http://127.0.0.1:9/mscan_t.pth?raw=1')
    assert 'http://127.0.0.1:9/mscan_t.pth?raw=1 (no connection: Connection refused)' in said
    assert 'mscan_t.pth (a backbone can also start from scratch' in said
    assert files(cache) == []


def test_too_little_space_is_said_before_anything_is_written(server, cache, monkeypatch):
    server.answers['/w.pth'] = Answer(ONES)
    monkeypatch.setattr(shutil, 'disk_usage', lambda folder: shutil._ntuple_diskusage(10**6, 10**6, 1000))
    assert 'has 1000 left' in refused(f'{server.url}/w.pth')
    assert files(cache) == []


def test_a_disk_that_fills_up_keeps_nothing(server, cache):
    import resource

    server.answers['/w.pth'] = Answer(ONES)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # writing more fails as on a full disk
    try:
        said = refused(f'{server.url}/w.pth')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.strerror(errno.EFBIG) in said
    assert 'FACENEXT_CACHE chooses another folder' in said
    assert files(cache) == []


def test_a_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    server.answers['/w.pth'] = Answer(ONES)
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('FACENEXT_CACHE', str(tmp_path / 'file/cache'))
    said = refused(f'{server.url}/w.pth')
    assert f'{tmp_path}/file/cache cannot be written (Not a directory)' in said
    assert server.asked == []


def test_unknown_names_are_told_the_nearest_ones():
    assert 'nearest are segface.convnext_base.512.celebamaskhq' in refused(
        'segface.convnext_bse.512.celebamaskhq'
    )
    assert 'weights list' in refused('zebra')
    assert 'published weights' not in refused('work_dirs/mine/best.pth')
