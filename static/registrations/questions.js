// A question shows what its type takes, and whatever else is filled in all the same, so that it can be emptied.
"use strict";

function isFilled(field) {
  return field.type === "checkbox" ? field.checked : field.value.trim() !== "";
}

function showParts(select) {
  const takes = JSON.parse(select.dataset.takes);
  const optional = new Set(Object.values(takes).flat());
  for (const name of optional) {
    const field = document.getElementById(select.id.replace(/-type$/, `-${name}`));
    const line = field && field.closest(".field-line");
    if (line) {
      const taken = (takes[select.value] || []).includes(name);
      line.hidden = !taken && !isFilled(field) && !line.classList.contains("errors");
      const row = line.closest(".form-row");
      row.hidden = [...row.querySelectorAll(".field-line")].every((other) => other.hidden);
    }
  }
}

function isType(element) {
  return element instanceof HTMLSelectElement && "takes" in element.dataset;
}

function showAll(root) {
  root.querySelectorAll("select").forEach((select) => isType(select) && showParts(select));
}

document.addEventListener("DOMContentLoaded", () => showAll(document));
document.addEventListener("formset:added", (event) => showAll(event.target));
document.addEventListener("change", (event) => isType(event.target) && showParts(event.target));
