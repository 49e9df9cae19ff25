// Opens the meaning of a term beside the link that was clicked; Escape, a click elsewhere or leaving it closes it.
const readers = new WeakMap();

function newReader(root) {
  const box = root.querySelector(".term"), reader = { box, meanings: {}, link: null };
  reader.close = (back) => {
    if (box.hidden) return;
    box.hidden = true;
    if (back) reader.link?.focus();
  };
  reader.click = (event) => {
    const link = event.composedPath().find((node) => node.tagName === "A" && node.getAttribute("href")?.startsWith("#term-"));
    if (!link) { if (!event.composedPath().includes(box)) reader.close(false); return; }
    event.preventDefault();
    event.stopPropagation();
    const pair = reader.meanings[decodeURIComponent(link.getAttribute("href").slice(6))];
    if (!pair) return;
    reader.link = link;
    box.querySelector("b").textContent = pair[0];
    box.querySelector("span").textContent = pair[1];
    box.setAttribute("aria-label", pair[0]);
    box.hidden = false;
    const at = link.getBoundingClientRect(), size = box.getBoundingClientRect();
    const below = at.bottom + 6 + size.height < innerHeight;
    box.style.left = `${Math.max(16, Math.min(at.left, innerWidth - size.width - 16))}px`;
    box.style.top = `${below ? at.bottom + 6 : Math.max(16, at.top - size.height - 6)}px`;
    box.focus({ preventScroll: true });
  };
  reader.key = (event) => { if (event.key === "Escape" && !box.hidden) { event.stopPropagation(); reader.close(true); } };
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) reader.close(false); });
  reader.scroll = () => reader.close(false);
  document.addEventListener("click", reader.click, true);
  document.addEventListener("keydown", reader.key, true);
  document.addEventListener("scroll", reader.scroll, true);
  return reader;
}

export default function ({ data, parentElement }) {
  const reader = readers.get(parentElement) ?? newReader(parentElement);
  readers.set(parentElement, reader);
  reader.meanings = data.meanings;
  return () => {
    if (parentElement.isConnected) return;
    document.removeEventListener("click", reader.click, true);
    document.removeEventListener("keydown", reader.key, true);
    document.removeEventListener("scroll", reader.scroll, true);
    readers.delete(parentElement);
  };
}
