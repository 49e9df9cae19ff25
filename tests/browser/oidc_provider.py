"""A small OpenID Connect provider on loopback, for the tests of signing in: two accounts, one client, RS256."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlparse

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, CLIENT_SECRET = "studio", "a secret that only the server and the provider know"
ACCOUNTS = {"ann": "Ann <b>Example</b>", "bob": "Bob Example"}


class Provider(ThreadingHTTPServer):
    """Serves discovery, authorisation (a page with one link per account), token and keys."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}, private=True)
        self.granted: dict[str, dict[str, str]] = {}  # code -> what was asked for, and by whom

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """The four addresses, and nothing kept but codes that have not been used."""

    server: Provider

    def do_GET(self) -> None:
        address = urlparse(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/.well-known/openid-configuration":
            self.answer(self.discovery())
        elif address.path == "/jwks":
            self.answer({"keys": [self.server.key.as_dict(private=False)]})
        elif address.path == "/authorize" and asked.get("client_id") == CLIENT:
            links = (f'<a href="/as/{who}?{urlencode(asked)}">{who}</a>' for who in ACCOUNTS)
            self.answer(f"<title>Provider</title><h1>Who are you?</h1>{' '.join(links)}")
        elif address.path.startswith("/as/") and address.path[4:] in ACCOUNTS:
            code = secrets.token_urlsafe(16)
            self.server.granted[code] = {**asked, "sub": address.path[4:]}
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif address.path == "/favicon.ico":  # every browser asks; a 404 would stand in its console
            self.send_response(204)
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        granted = self.server.granted.pop(given.get("code", ""), None)
        if self.path != "/token" or granted is None or not self.is_the_client(given):
            self.answer({"error": "invalid_grant"}, 400)
        elif granted["redirect_uri"] != given["redirect_uri"] or not proves(granted, given):
            self.answer({"error": "invalid_request"}, 400)
        else:
            self.answer({"access_token": "none", "token_type": "Bearer", "id_token": self.id_token(granted)})

    def is_the_client(self, given: dict[str, str]) -> bool:
        """By HTTP Basic, or in the body."""
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        known = f"{CLIENT}:{CLIENT_SECRET}", f"{CLIENT}:{CLIENT_SECRET.replace(' ', '+')}"
        if basic:
            return base64.b64decode(basic).decode() in known
        return (given.get("client_id"), given.get("client_secret")) == (CLIENT, CLIENT_SECRET)

    def id_token(self, granted: dict[str, str]) -> str:
        who, now = granted["sub"], int(time.time())
        claims = {"iss": self.server.issuer, "sub": who, "aud": CLIENT, "iat": now, "exp": now + 600}
        claims |= {"nonce": granted["nonce"], "name": ACCOUNTS[who], "email": f"{who}@example.org"}
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.server.key, algorithms=["RS256"])

    def discovery(self) -> dict[str, object]:
        at = self.server.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def answer(self, content: object, status: int = 200) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(content, str) else "application/json")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *values: object) -> None:
        """Nothing is printed."""


def proves(granted: dict[str, str], given: dict[str, str]) -> bool:
    """PKCE, where it was asked for (RFC 7636, S256)."""
    if "code_challenge" not in granted:
        return True
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == granted["code_challenge"]


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that serves while the block runs."""
    serving = Provider()
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join(10)
