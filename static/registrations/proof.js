// Proof of work: the words of the box, and a press of the button that waits until the work is done.
const widget = document.querySelector("altcha-widget");
const form = widget.closest("form");
let waiting = false;

globalThis.$altcha.i18n.set(document.documentElement.lang, { ...globalThis.$altcha.i18n.get("en"), ...widget.dataset });

function isOver() {
  // What went wrong is said by the site, which is asked all the same: nothing typed is lost.
  return ["verified", "error"].includes(widget.getState());
}

form.addEventListener("submit", (event) => {
  if (isOver()) {
    return;
  }
  event.preventDefault();
  if (!waiting) {
    waiting = true;
    const button = event.submitter;
    widget.addEventListener("statechange", function look() {
      // The widget tells first and fills in its field after that.
      setTimeout(() => {
        if (waiting && isOver()) {
          waiting = false;
          widget.removeEventListener("statechange", look);
          form.requestSubmit(button);
        }
      });
    });
  }
  if (widget.getState() !== "verifying") {
    widget.verify();
  }
});
