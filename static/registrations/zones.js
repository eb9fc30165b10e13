// Puts the time zone of this device first in the list, and chooses it where none was chosen before.
"use strict";

const select = document.querySelector("select[name=time_zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = [...select.options].find((option) => option.value === here);

if (here && known) {
  const group = document.createElement("optgroup");
  group.label = select.dataset.detected;
  const first = known.cloneNode(true);
  first.selected = select.value === "" || select.value === here;
  known.remove();
  group.append(first);
  select.prepend(group);
}
