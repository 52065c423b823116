"""The provider's own mail server: it keeps the contract of channels, signs, and is asked outside only."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import dkim
import pytest
from aiosmtpd.smtp import SMTP
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core import outside, outside_sockets, plugin_calls
from plugins.api import AttachedFile
from plugins.notifications import smtp
from plugins.testing_channels import ChannelContract, a_delivery
from tests.core.support.posting import Post

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.fixture
def post() -> Iterator[Post]:
    """A mail server in a thread of its own; only here may this computer itself be asked."""
    post, loop, started = Post(), asyncio.new_event_loop(), threading.Event()

    def serve() -> None:
        made: Any = partial(SMTP, post, hostname="post", loop=loop)
        server = loop.run_until_complete(loop.create_server(made, "127.0.0.1", 0))
        post.port = server.sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    started.wait(10)
    outside.configure(reach_loopback=True)
    yield post
    outside.configure(reach_loopback=False)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


class TestSmtp(ChannelContract):
    plugin = smtp

    @pytest.fixture(autouse=True)
    def _post(self, post: Post) -> None:
        self.post = post
        self.settings = {
            "host": "127.0.0.1",
            "port": post.port,
            "security": "none",
            "mail_from": "team@nova.example",
            "dkim_domain": "nova.example",
            "dkim_selector": "s1",
            "dkim_key": PEM.replace("\n", " "),
        }

    def arrived(self) -> list[Any]:
        return list(self.post.taken)

    def test_the_letter_is_signed_by_the_domain_and_the_same_at_all_attempts(self) -> None:
        (channel,) = self.channels()
        headers = {"List-Unsubscribe": "<https://nova.example/u/1>"}
        files = [AttachedFile(name="F-1.pdf", media="application/pdf", content=bytes(range(256)))]
        self.send(self.delivery(channel, headers=headers, files=files))
        self.send(self.delivery(channel, headers=headers, files=files, attempt=2))
        public = KEY.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
        first, second = self.post.raw
        assert dkim.verify(first, dnsfunc=lambda *_asked, **_more: record)
        assert self.post.taken[0]["Message-ID"] == self.post.taken[1]["Message-ID"]
        assert first.split(b"\r\n\r\n", 1)[1] == second.split(b"\r\n\r\n", 1)[1]
        (file,) = self.post.taken[0].iter_attachments()
        assert (file.get_filename(), file.get_content()) == ("F-1.pdf", bytes(range(256)))
        assert self.post.taken[0]["From"] == "Example Hosting <team@nova.example>"

    def test_a_private_network_is_not_asked(self) -> None:
        outside.configure(reach_loopback=False)
        (channel,) = self.channels()
        with pytest.raises(plugin_calls.PluginFailed, match="private network"):
            self.send(self.delivery(channel))
        assert self.post.asked == 0
        outside_sockets.configure(private_mail_servers=("127.0.0.1",))
        try:
            self.send(self.delivery(channel))
        finally:
            outside_sockets.configure(private_mail_servers=())
        assert self.post.asked == 1

    def test_what_the_server_says_decides_whether_it_is_tried_again(self) -> None:
        (channel,) = self.channels()
        self.post.answers = ["550 no", "451 later"]
        with pytest.raises(smtp.api.Refused):
            self.send(self.delivery(channel))
        with pytest.raises(smtp.api.Later):
            self.send(self.delivery(channel))

    def test_a_password_is_not_sent_in_the_clear(self) -> None:
        self.settings = {**self.settings, "user": "nova", "password": "s3cret"}
        with pytest.raises(plugin_calls.PluginFailed, match="encrypted"):
            self.send(a_delivery())
