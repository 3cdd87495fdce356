"""Security headers on every answer, and no answer at all over plain HTTP in production."""

from __future__ import annotations

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from connect.errors import VaultError
from connect.origins import Origin
from connect.principals import Principal
from connect.settings import ConnectSettings

#: Two years; Atlassian's Marketplace asks for one at least.
STRICT_TRANSPORT = "max-age=63072000"
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
#: For everything that is not a page: it is data, and nobody has reason to show it.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class PlainHttpRefused(VaultError):
    """This address answers over https only."""

    code = "https_required"
    status = 403


class SecurityHeaders:
    """Puts the headers on the answers of an app."""

    def __init__(self, settings: ConnectSettings) -> None:
        self._settings = settings
        schemes = ("https",) if settings.production else ("https", "http")
        #: Who may show pages in a frame: Jira, wherever it may run.
        self.frame_ancestors = tuple(
            f"{scheme}://{pattern}" for pattern in settings.allowed_hosts.patterns for scheme in schemes
        )

    def init_app(self, app: Flask) -> None:
        """Cover every answer of `app`. Goes before the guard's `init_app`: plain HTTP is refused first.

        The caller's address and scheme come from X-Forwarded-For and -Proto only if the settings say how many
        proxies stand before the app; the raw request target, which the hash needs, stays as it is.
        """
        proxies = self._settings.trusted_proxies
        if proxies:
            app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
                app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0, x_prefix=0
            )
        app.before_request(self._refuse_plain_http)
        app.after_request(self._cover)

    def _refuse_plain_http(self) -> None:
        if self._settings.production and not request.is_secure:
            raise PlainHttpRefused

    def _cover(self, response: Response) -> Response:
        headers = response.headers
        static = request.endpoint == "static" and response.status_code in {200, 206, 304}
        headers["Content-Security-Policy"] = self._policy(response)
        headers["Cache-Control"] = _static_caching(request.path) if static else "no-store"
        # Jira shows the icons; everything else is for this origin alone.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if static else "same-origin"
        headers["Permissions-Policy"] = PERMISSIONS
        headers["Referrer-Policy"] = "no-referrer"  # A page's address holds its token.
        headers["X-Content-Type-Options"] = "nosniff"
        if self._settings.production and request.is_secure:
            headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        return response

    def _policy(self, response: Response) -> str:
        principal = g.get("vault_principal")
        if response.mimetype != "text/html" or not isinstance(principal, Principal):
            return NOTHING
        return self.page_policy(principal.installation.base_url)

    def page_policy(self, site: str) -> str:
        """The Content-Security-Policy of a page for the site with this base URL."""
        # The bridge loads the design tokens' stylesheets from where it came from (bridge.md section 6).
        bridge = Origin.of(self._settings.bridge_for(site))
        ancestors = " ".join(dict.fromkeys([*self.frame_ancestors, site]))
        return (
            f"default-src 'none'; script-src 'self' {bridge}; style-src 'self' {bridge}; "
            f"img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
        )


def _static_caching(path: str) -> str:
    # The bundles' names hold their content's hash, so what a name stands for never changes.
    if "/dist/" in path and not path.endswith(".json"):
        return "public, max-age=31536000, immutable"
    return "public, max-age=3600"
