// One key, one button: `data-key` on a button or link is pressed by that key, unless somebody types
// or has turned the keys off (WCAG 2.1.4). `data-poll` asks for the page again after so many seconds.
"use strict";

const OFF = "stamm-desk-keys-off";
const toggle = document.getElementById("keys");

function keysAreOff() {
  return localStorage.getItem(OFF) === "1";
}

function tellKeys() {
  if (!toggle) return;
  toggle.setAttribute("aria-pressed", String(!keysAreOff()));
  toggle.textContent = keysAreOff() ? toggle.dataset.off : toggle.dataset.on;
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
    return;
  }
  if (keysAreOff() || isTyping(event.target)) return;
  const wanted = [...document.querySelectorAll("[data-key]")].find(
    (one) => one.dataset.key === event.key.toLowerCase() && !one.disabled,
  );
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("input, textarea, summary")) wanted.focus();
  else wanted.click();
});

// A form is sent once, however often a key is hit.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

if (toggle) {
  toggle.addEventListener("click", () => {
    if (keysAreOff()) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    tellKeys();
  });
  tellKeys();
}

// A slider moves its number field and follows it; without this script only the field is there.
for (const slider of document.querySelectorAll("[data-moves]")) {
  const field = document.getElementById(slider.dataset.moves);
  slider.closest("[data-slider]").hidden = false;
  slider.addEventListener("input", () => { field.value = slider.value; });
  field.addEventListener("input", () => { if (field.value) slider.value = field.value; });
}

const polled = document.querySelector("[data-poll]");
if (polled) setTimeout(() => location.reload(), 1000 * Number(polled.dataset.poll));
