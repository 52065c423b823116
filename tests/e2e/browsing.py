"""The browser itself: how it is started, and an eye on what goes wrong in its pages."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Response, WebError

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    "--js-flags=--no-maglev --no-turbofan --min-semi-space-size=32",
]
"""A page lives too short for what V8's optimizing compilers cost: without them axe takes a fifth less."""

REFUSED = "Failed to load resource"
"""What Chromium says of every answer of 400 or more; those are looked at by their status."""


class Watch:
    """Collects errors of JavaScript, breaches of the content security policy, dialogs and failed answers."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.watched: list[BrowserContext] = []
        self.told = {
            "console": self._console,
            "weberror": self._error,
            "response": self._response,
            "page": self._page,
        }

    def over(self, context: BrowserContext) -> None:
        """Watch every page of this context."""
        self.watched.append(context)
        for event, told in self.told.items():
            context.on(event, told)  # type: ignore[call-overload]

    def away(self) -> None:
        """Watch nothing any more."""
        while self.watched:
            context = self.watched.pop()
            for event, told in self.told.items():
                context.remove_listener(event, told)

    def _page(self, page: Page) -> None:
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED):
            self.seen.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.seen.append(f"error: {error.error}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.seen.append(f"{response.status}: {response.url}")
