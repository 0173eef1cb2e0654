import asyncio

import pytest

from federation.errors import RemoteError
from tests.support.servers import a_client, saying

MORE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def test_w7_a_server_that_announces_its_answer_for_ever_is_hung_up_on() -> None:
    announced = []

    async def announce(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(MORE * 1000)
                announced.append(len(MORE) * 1000)
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(announce, "127.0.0.1", 0)
    async with server, a_client(total_seconds=60) as http:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(RemoteError, match="reached"):
            await http.get_document(f"{base}/x")
    # What the sockets' buffers take, and no more: whoever reads on takes hundreds of megabytes within the deadline.
    assert sum(announced) < 32 * 1024 * 1024


async def test_w7_a_few_announcements_are_passed_over() -> None:
    said = b'HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 7\r\n\r\n{"a":1}'
    async with saying(MORE * 3, MORE, said) as base, a_client() as http:
        assert (await http.get_document(f"{base}/x", identified=False)).content == {"a": 1}
