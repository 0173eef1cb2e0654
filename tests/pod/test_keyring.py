import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pod.keyring import KeyringError, create_key_file, open_keyring, renew_pod_key
from protocol.derivation import seed_of
from tests.support.rig import ServedPod

SECRET = b"the seed of a person".ljust(32)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    create_key_file(tmp_path / "keys" / "pod.key")
    return tmp_path / "keys" / "pod.key"


@pytest.fixture(scope="module")
def signed_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A pod's folder after a sign-up by command line, and the 24 words that were shown."""
    pod = ServedPod(tmp_path_factory.mktemp("keyring") / "pod", 1, 1)
    pod.create()
    return pod.folder, pod.sign_up("ada").account["phrase"]


def test_what_one_key_file_sealed_no_other_opens(key_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "pod.key"
    create_key_file(other)
    box = open_keyring(key_file).seal(SECRET, "seed/ada")

    assert open_keyring(key_file).unseal(box, "seed/ada") == SECRET
    with pytest.raises(KeyringError):
        open_keyring(other).unseal(box, "seed/ada")


def test_a_box_opens_only_for_what_it_was_sealed_for(key_file: Path) -> None:
    keyring = open_keyring(key_file)
    with pytest.raises(KeyringError):
        keyring.unseal(keyring.seal(SECRET, "seed/ada"), "seed/eve")


def test_a_renewed_pod_signs_by_a_new_key_and_still_opens_what_it_sealed(key_file: Path) -> None:
    before = open_keyring(key_file)
    box = before.seal(SECRET, "seed/ada")

    renew_pod_key(key_file)
    once = open_keyring(key_file)
    renew_pod_key(key_file)
    twice = open_keyring(key_file)

    assert before.former == ()
    assert [key.did for key in once.former] == [before.pod_key.did]
    assert [key.did for key in twice.former] == [before.pod_key.did, once.pod_key.did]
    assert len({before.pod_key.did, once.pod_key.did, twice.pod_key.did}) == 3
    assert twice.unseal(box, "seed/ada") == SECRET


def test_a_renewed_key_is_not_the_one_that_a_second_restore_draws(key_file: Path) -> None:
    """The backup holds the keys of its day: restored twice, it must not come to the same new key."""
    renewed = key_file.with_name("renewed.keys")
    drawn = []
    for _ in range(2):
        renew_pod_key(key_file)
        drawn.append(open_keyring(key_file).pod_key.did)
        renewed.unlink()
    assert drawn[0] != drawn[1]


def test_keys_are_readable_by_their_owner_only(key_file: Path) -> None:
    renew_pod_key(key_file)
    assert {file.stat().st_mode & 0o077 for file in key_file.parent.iterdir()} == {0}


def test_a_key_file_cut_short_is_refused(key_file: Path) -> None:
    renew_pod_key(key_file)
    renewed = key_file.with_name("renewed.keys")
    renewed.write_bytes(renewed.read_bytes()[:-1])
    with pytest.raises(KeyringError):
        open_keyring(key_file)


def test_a_copy_of_the_database_opens_nothing(signed_up: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = signed_up
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        ((sealed,),) = database.execute("SELECT seed_sealed FROM accounts").fetchall()
    seed = open_keyring(folder / "keys" / "pod.key").unseal(sealed, "seed/ada")
    assert len(seed) == 32
    thief = tmp_path / "keys" / "pod.key"
    create_key_file(thief)

    with pytest.raises(KeyringError):
        open_keyring(thief).unseal(sealed, "seed/ada")
    secrets = [seed, seed.hex().encode(), (folder / "keys" / "pod.key").read_bytes()]
    for file in folder.glob("pod.sqlite*"):
        assert not any(secret in file.read_bytes() for secret in secrets)


def test_neither_recovery_seed_nor_words_stay_after_a_sign_up(signed_up: tuple[Path, str]) -> None:
    folder, phrase = signed_up
    words, seed = phrase.split(), seed_of(phrase)
    runs = [" ".join(words[start : start + 3]).encode() for start in range(22)]
    files = [file for file in folder.rglob("*") if file.is_file()]

    assert len(files) >= 3
    for file in files:
        content = file.read_bytes()
        assert not any(needle in content for needle in (seed, seed.hex().encode(), *runs)), file.name
