// Shows times on the visitor's own clock, and tells the form which clock that is. Without it the event's zone stands alone.
"use strict";

const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

for (const input of document.querySelectorAll("input[name=time_zone]")) {
  input.value = ownZone;
}

function shown(moment, zone, parts) {
  return new Intl.DateTimeFormat(language, { timeZone: zone, ...parts }).format(moment);
}

function span(element, zone) {
  const day = { weekday: "short", day: "numeric", month: "short" };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const starts = new Date(element.dataset.starts);
  const ends = element.dataset.ends ? new Date(element.dataset.ends) : null;
  const last = ends && shown(ends, zone, clock);
  return {
    day: shown(starts, zone, day),
    hours: shown(starts, zone, clock) + (last ? `–${last}` : ""),
  };
}

for (const element of document.querySelectorAll("[data-starts]")) {
  try {
    const here = span(element, ownZone);
    const there = span(element, element.dataset.zone);
    if (here.day === there.day && here.hours === there.hours) {
      element.textContent = element.dataset.same;
    } else {
      const time = here.day === there.day ? here.hours : `${here.day}, ${here.hours}`;
      element.textContent = element.dataset.own.replace("{time}", time);
    }
  } catch {
    // An unknown zone or an old browser: the event's own time stands.
  }
}
