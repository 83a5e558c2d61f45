// [data-locate]: a place that may be typed, and a button that takes the position from the device after it was asked for permission.
import { $, $$ } from "./core.js";

function ready(box) {
  const button = $("[data-locate-now]", box);
  if (!button || !("geolocation" in navigator) || !window.isSecureContext) return;
  button.hidden = false;
}

function locate(button) {
  const box = button.closest("[data-locate]"), said = $("[data-locate-said]", box), set = (name, value) => ($(`[name="${name}"]`, box).value = value);
  said.textContent = button.dataset.waiting;
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      set("latitude", coords.latitude.toFixed(6));
      set("longitude", coords.longitude.toFixed(6));
      said.textContent = button.dataset.found.replace("{m}", Math.round(coords.accuracy));
      button.disabled = false;
    },
    () => {
      said.textContent = button.dataset.refused;
      button.disabled = false;
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
  );
}

$$("[data-locate]").forEach(ready);
document.addEventListener("htmx:after:swap", () => $$("[data-locate]").forEach(ready));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate-now]");
  if (button) locate(button);
});
