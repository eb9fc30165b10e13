// In a frame: tells the page around it how high the form is, if that page asks and is one of the campaign's websites.
"use strict";

const websites = document.body.dataset.websites.split(" ");
let asking = "";

function tellHeight() {
  if (asking) {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    window.parent.postMessage({ regsite: "height", height }, asking);
  }
}

window.addEventListener("message", (event) => {
  if (event.source === window.parent && websites.includes(event.origin) && event.data === "regsite:height?") {
    asking = event.origin;
    tellHeight();
  }
});

new ResizeObserver(tellHeight).observe(document.documentElement);

// Browsers do not follow `autofocus` in a frame on another site. It stands only on what answers a press of the visitor's.
const answer = document.querySelector("[autofocus]");
if (answer) {
  answer.focus();
}
