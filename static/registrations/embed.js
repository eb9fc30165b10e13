// Puts a sign-up form into a page: <div data-regsite="address-of-the-campaign"></div>
// It sets no cookie, stores nothing and asks nobody else. The frame tells its height; nothing more goes between the two.
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src$="/embed.js"]');
  const site = new URL(".", script.src);
  const told = /^(utm_[a-z0-9_]{1,32}|gclid|gbraid|wbraid|dclid|yclid|ysclid|fbclid|msclkid|ttclid|twclid|li_fat_id|rb_clickid|_openstat)$/;
  const frames = new Map();

  // Where the visitor came from: the parameters of this page's address, and addresses without theirs.
  function cameFrom() {
    const found = new URLSearchParams({ page: location.origin + location.pathname });
    if (document.referrer && !document.referrer.startsWith(`${location.origin}/`)) {
      found.set("referrer", document.referrer.split(/[?#]/)[0].slice(0, 300));
    }
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (told.test(name) && found.toString().length + value.length < 1500) {
        found.set(name, value.slice(0, 300));
      }
    }
    return found;
  }

  // The colour that the form will stand on, so that it is dark where the page is dark; "" if nobody says.
  function groundOf(element) {
    for (let at = element; at; at = at.parentElement) {
      const parts = getComputedStyle(at).backgroundColor.match(/^rgba?\((\d+), (\d+), (\d+)(, 0)?\)$/);
      if (parts && !parts[4]) {
        return parts.slice(1, 4).map((part) => (+part + 256).toString(16).slice(1)).join("");
      }
    }
    return getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "" : "ffffff";
  }

  function put(place) {
    const slug = place.dataset.regsite;
    if (!/^[\w-]+$/.test(slug) || place.querySelector("iframe")) {
      return;
    }
    const address = new URL(`c/${slug}/embed/`, site);
    address.search = cameFrom();
    const look = { ground: place.dataset.theme ? "" : groundOf(place), ...place.dataset };
    for (const name of ["accent", "ground", "radius", "size", "theme"]) {
      if (look[name]) {
        address.searchParams.set(name, look[name]);
      }
    }
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = place.dataset.title || (document.documentElement.lang.startsWith("ru") ? "Форма записи" : "Sign-up form");
    Object.assign(frame.style, { display: "block", width: "100%", height: "0", border: "0" });
    let looks = 0;
    frame.addEventListener("load", () => {
      frame.contentWindow.postMessage("regsite:height?", site.origin);
      looks += 1;
      if (looks > 1 && frame.getBoundingClientRect().top < 0) {
        frame.scrollIntoView(); // the answer to a long form begins where the form began
      }
    });
    place.append(frame);
    frames.set(frame, place);
  }

  addEventListener("message", (event) => {
    for (const [frame, place] of frames) {
      const { regsite, height } = event.data || {};
      if (event.source === frame.contentWindow && event.origin === site.origin && regsite === "height" && height > 0 && height < 20000) {
        frame.style.height = `${Math.ceil(height)}px`;
        for (const other of [...place.childNodes]) {
          if (other !== frame) {
            other.remove(); // the link for those to whom the form does not come
          }
        }
      }
    }
  });

  // A form of theirs that is posted to us carries the same along.
  function tellForm(form) {
    if (form.action.startsWith(`${site}c/`)) {
      for (const [name, value] of cameFrom()) {
        if (!form.elements.namedItem(name)) {
          form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
        }
      }
    }
  }

  function start() {
    document.querySelectorAll("[data-regsite]").forEach(put);
    document.querySelectorAll("form[method=post]").forEach(tellForm);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
