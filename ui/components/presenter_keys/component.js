// Tells Python which key of the presenter was pressed. A slider or a text field that has the focus keeps its own keys.
const KEYS = { ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "back", PageUp: "back", n: "notes", N: "notes", Escape: "leave" };
const OWN = "input, textarea, select, button, summary, a, [role=slider], [role=tab]";
const listeners = new WeakMap();

export default function ({ parentElement, setTriggerValue }) {
  const held = listeners.get(parentElement) ?? {};
  listeners.set(parentElement, held);
  held.send = (name) => setTriggerValue("pressed", name);
  if (!held.listen) {
    held.listen = (event) => {
      const name = KEYS[event.key], inside = event.composedPath()[0];
      if (!name || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (name !== "leave" && !event.key.startsWith("Page") && inside.matches?.(OWN)) return;
      event.preventDefault();
      held.send(name);
    };
    document.addEventListener("keydown", held.listen);
  }
  return () => {
    if (parentElement.isConnected) return;
    document.removeEventListener("keydown", held.listen);
    listeners.delete(parentElement);
  };
}
