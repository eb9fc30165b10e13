// A question shows its choices only while its type has any.
"use strict";

function showChoices(select) {
  const field = document.getElementById(select.id.replace(/-type$/, "-choices"));
  const row = field && field.closest(".field-choices, .form-row, .field-row");
  if (row) {
    row.hidden = select.value !== "choice" && field.value.trim() === "";
  }
}

function isType(element) {
  return element instanceof HTMLSelectElement && element.name.startsWith("questions-") && element.name.endsWith("-type");
}

function showAll(root) {
  root.querySelectorAll("select").forEach((select) => isType(select) && showChoices(select));
}

document.addEventListener("DOMContentLoaded", () => showAll(document));
document.addEventListener("formset:added", (event) => showAll(event.target));
document.addEventListener("change", (event) => isType(event.target) && showChoices(event.target));
