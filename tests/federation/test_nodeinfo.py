import re

from federation.nodeinfo import APPLICATION, Software, Usage, Version, content_type, discovery, node_document

SOFTWARE = Software("althing", "0.1.0", repository="https://code.example/althing", homepage="https://althing.example")


def a_document(version: Version, usage: Usage) -> dict[str, object]:
    return node_document(version, SOFTWARE, usage, open_registrations=False, metadata={})


def test_both_documents_and_the_server_actor_are_announced() -> None:
    links = discovery("https://pod.example/", "https://pod.example/actor")["links"]
    assert {link["href"] for link in links} == {
        "https://pod.example/nodeinfo/2.0",
        "https://pod.example/nodeinfo/2.1",
        "https://pod.example/actor",
    }
    assert links[-1]["rel"] == APPLICATION


def test_a_document_has_every_required_member() -> None:
    for version in ("2.0", "2.1"):
        document = a_document(version, Usage())
        required = {"version", "software", "protocols", "services", "openRegistrations", "usage", "metadata"}
        assert set(document) == required
        assert document["version"] == version
        assert content_type(version).endswith(f'schema/{version}#"')
    assert re.fullmatch("[a-z0-9-]+", SOFTWARE.name)


def test_only_2_1_names_repository_and_homepage() -> None:
    assert a_document("2.0", Usage())["software"] == {"name": "althing", "version": "0.1.0"}
    assert "repository" in str(a_document("2.1", Usage())["software"])


def test_numbers_that_are_not_known_are_left_out() -> None:
    assert a_document("2.1", Usage())["usage"] == {"users": {}}
    assert a_document("2.1", Usage(users=3, posts=0))["usage"] == {"users": {"total": 3}, "localPosts": 0}
