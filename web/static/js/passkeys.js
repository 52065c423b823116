// A form with data-passkey="create" or "get" asks the browser for a passkey when its [data-passkey-go] is pressed, puts
// the answer into its field "answer" and sends itself. data-options is the address that says what to ask for.
// What goes wrong is said in [data-passkey-error], which brings the words for it.
import { on, onContent } from "./on.js";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function asked(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams({ _csrf: form.elements._csrf.value }) });
  if (answer.status === 403) { location.reload(); return null; }
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  const options = await answer.json();
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    options[name] = (options[name] ?? []).map((known) => ({ ...known, id: bytes(known.id) }));
  }
  return options;
}

function told(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

function say(form, words) {
  const place = form.querySelector("[data-passkey-error]");
  place.textContent = words;
  place.hidden = !words;
}

on("click", "[data-passkey-go]", async (button) => {
  const form = button.closest("[data-passkey]");
  const said = form.querySelector("[data-passkey-error]").dataset;
  say(form, "");
  button.setAttribute("aria-busy", "true");
  try {
    const publicKey = await asked(form);
    if (!publicKey) return;
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.answer.value = told(credential);
    form.requestSubmit();
  } catch (error) {
    say(form, error.name === "NotAllowedError" ? said.cancelled : error.name === "InvalidStateError" ? said.known : said.failed);
  } finally {
    button.removeAttribute("aria-busy");
  }
});

// Where the browser has no passkeys (it is old, or the page is not secure) the form steps back for its note.
onContent((part) => part.querySelectorAll("[data-passkey]").forEach((form) => {
  if (window.PublicKeyCredential) return;
  form.hidden = true;
  form.nextElementSibling?.matches("[data-passkey-none]") && (form.nextElementSibling.hidden = false);
}));
