"""The city's own directory: OpenID Connect, authorization code flow with PKCE, state and nonce (OIDC Core 3.1).

What a browser brings back is checked against a secret in its own cookie: state, nonce and verifier are worked out
from it, so that nothing of a sign-in under way is stored. Whatever goes wrong out there is a refusal in words.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import Refusal
from core.languages import N_
from core.outgoing import way_out
from core.settings import Settings

RETURN_PATH = "/sign-in/directory/return"
WELL_KNOWN = "/.well-known/openid-configuration"
SECONDS = 10.0  # that the directory may take for an answer
LEEWAY = 60  # seconds that its clock may differ from ours
LONGEST_ANSWER = 1_000_000
# Signatures with a key of the directory's own. Never "none", never one made with our secret
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
log = structlog.get_logger()


@dataclass(frozen=True)
class Way:
    """One browser's way to the directory and back, worked out from the secret in its cookie."""

    secret: str

    @classmethod
    def begin(cls) -> "Way":
        return cls(secrets.token_urlsafe(32))

    def _part(self, name: str) -> str:
        made = hmac.new(self.secret.encode(), name.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    @property
    def state(self) -> str:
        return self._part("state")

    @property
    def nonce(self) -> str:
        return self._part("nonce")

    @property
    def verifier(self) -> str:
        return self._part("verifier")


class Directory:
    """The provider that the settings name. What it says of itself is asked for once, its keys when they change."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.issuer = settings.oidc_issuer or ""
        self._about: dict[str, Any] | None = None
        self._keys: KeySet | None = None

    async def address(self, way: Way) -> str:
        """Where to send the browser."""
        about = await self._describe()
        asked = prepare_grant_uri(
            about["authorization_endpoint"],
            client_id=self.settings.oidc_client_id,
            response_type="code",
            redirect_uri=self._return_address,
            scope=self.settings.oidc_scopes,
            state=way.state,
            nonce=way.nonce,
            code_challenge=create_s256_code_challenge(way.verifier),
            code_challenge_method="S256",
        )
        return str(asked)

    async def claims(self, way: Way, brought: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Who has signed in there, from what the browser brought back. Refuses what does not fit (401)."""
        about = await self._describe()
        self._check_return(way, brought, about)
        tokens = await self._tokens(about, way, brought["code"])
        token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            raise not_understood("no id_token")
        claims = await self._read(about, token, access, way, now)
        return await self._completed(about, claims, access)

    @property
    def _return_address(self) -> str:
        return self.settings.base_url + RETURN_PATH

    def _check_return(self, way: Way, brought: Mapping[str, str], about: Mapping[str, Any]) -> None:
        if not hmac.compare_digest(brought.get("state", "").encode(), way.state.encode()):
            raise Refusal(401, "directory-state", N_("this sign-in was not begun in this browser, or too long ago"))
        issuer = brought.get("iss")  # RFC 9207: an answer of another provider is not taken for one of this
        wanted = about.get("authorization_response_iss_parameter_supported") is True
        if (issuer is not None or wanted) and issuer != self.issuer:
            raise not_understood("another issuer answers")
        if "error" in brought:
            said = (brought.get("error_description") or brought["error"])[:200]
            raise Refusal(401, "directory-refused", N_("the directory did not sign you in: {said}"), said=said)
        if not brought.get("code"):
            raise not_understood("no code")

    async def _describe(self) -> dict[str, Any]:
        """What the provider says of itself; it must be the one that the settings name."""
        if self._about is None:
            about = await self._ask("GET", self.issuer.rstrip("/") + WELL_KNOWN)
            if about.get("issuer") != self.issuer:
                raise not_understood(f"it calls itself {str(about.get('issuer'))[:200]}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(about.get(name), str):
                    raise not_understood(f"no {name}")
            self._about = about
        return self._about

    async def _tokens(self, about: Mapping[str, Any], way: Way, code: str) -> dict[str, Any]:
        client_id, secret = self.settings.oidc_client_id or "", self.settings.oidc_client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return_address,
            "code_verifier": way.verifier,
        }
        auth = None
        if secret is None:
            form["client_id"] = client_id
        elif "client_secret_basic" in about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))  # RFC 6749, 2.3.1
        else:
            form |= {"client_id": client_id, "client_secret": secret}
        return await self._ask("POST", about["token_endpoint"], data=form, auth=auth)

    async def _read(self, about: Mapping[str, Any], token: str, access: Any, way: Way, now: datetime) -> dict[str, Any]:
        """The ID token's claims. A key that we do not know is looked for once more: providers change theirs."""
        for fresh in (False, True):
            keys = await self._key_set(about, fresh=fresh)
            try:
                read = jwt.decode(token, keys, algorithms=_algorithms(about))
                break
            except (JoseError, ValueError) as error:
                if fresh:
                    raise not_understood(f"its signature: {type(error).__name__}") from error
        options: Any = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.settings.oidc_client_id},
        }
        params = {"nonce": way.nonce, "client_id": self.settings.oidc_client_id, "access_token": access}
        claims = CodeIDToken(read.claims, read.header, options, params)
        try:
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
        except JoseError as error:
            raise not_understood(f"{type(error).__name__}: {error}") from error
        return dict(claims)

    async def _key_set(self, about: Mapping[str, Any], *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            said = await self._ask("GET", about["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(said)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise not_understood("its keys") from error
        return self._keys

    async def _completed(self, about: Mapping[str, Any], claims: dict[str, Any], access: Any) -> dict[str, Any]:
        """The claims with those that only the userinfo endpoint tells."""
        wanted = {self.settings.oidc_account_claim, self.settings.oidc_roles_claim or "sub"}
        endpoint = about.get("userinfo_endpoint")
        if wanted <= claims.keys() or not isinstance(endpoint, str) or not isinstance(access, str):
            return claims
        more = await self._ask("GET", endpoint, headers={"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:  # OIDC Core 5.3.2: else somebody's claims are put under another's name
            raise not_understood("userinfo is about somebody else")
        return {**more, **claims}

    async def _ask(self, method: str, url: str, **what: Any) -> dict[str, Any]:
        """An answer in JSON. Redirects are not followed, nor does the environment choose a proxy."""
        try:
            way = way_out(self.settings, url)
            async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, proxy=way) as client:
                answer = await client.request(method, url, **what)
            said = answer.json() if len(answer.content) <= LONGEST_ANSWER else None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the directory does not answer", url=url.partition("?")[0], why=type(error).__name__)
            raise away() from error
        except ValueError:
            said = None
        if answer.status_code >= 500:
            raise away()
        if answer.status_code != 200 or not isinstance(said, dict):
            error_code = said.get("error") if isinstance(said, dict) else None
            raise not_understood(f"{answer.status_code} {str(error_code or '')[:100]}".strip())
        return said


def _algorithms(about: Mapping[str, Any]) -> list[str]:
    offered: Iterable[Any] = about.get("id_token_signing_alg_values_supported") or ("RS256",)
    return [name for name in offered if name in ALGORITHMS]


def away() -> Refusal:
    return Refusal(503, "directory-away", N_("the directory does not answer; try again in a moment"))


def not_understood(why: str) -> Refusal:
    """What came back is not what it must be. The reason is for the log and for whoever sets the directory up."""
    log.warning("the directory's answer is refused", why=why)
    return Refusal(401, "directory-answer", N_("the directory's answer cannot be used: {why}"), why=why)


_KNOWN: dict[tuple[Any, ...], Directory] = {}


def directory_of(settings: Settings) -> Directory:
    """The directory of the settings; it remembers what the provider said of itself."""
    key = (settings.oidc_issuer, settings.oidc_client_id, settings.base_url, settings.outgoing_proxy)
    if key not in _KNOWN:
        _KNOWN[key] = Directory(settings)
    return _KNOWN[key]
