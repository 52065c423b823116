// What a page can do beyond plain HTML. Everything works without it; each module looks for its own data attributes.
import "./js/ask.js";
import "./js/autofill.js";
import "./js/bell.js";
import "./js/copy.js";
import "./js/fields.js";
import "./js/inside.js";
import "./js/keys.js";
import "./js/palette.js";
import "./js/passkeys.js";
import "./js/passwords.js";
import "./js/picks.js";
import "./js/progress.js";
import "./js/tabs.js";
import "./js/toasts.js";
import "./js/triage.js";
import "./js/waits.js";
import "./js/writing.js";
