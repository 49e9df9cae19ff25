// Files dropped anywhere on the page go to the upload field, as if they had been dropped there.
const overlay = "studio-drop-target";

function field(key) {
  return document.querySelector(`.st-key-${key} [data-testid="stFileUploaderDropzone"]`);
}

function hasFiles(event) {
  return Array.from(event.dataTransfer?.types ?? []).includes("Files");
}

export default function ({ data }) {
  const show = (shown) => document.body.classList.toggle(overlay, shown);
  const over = (event) => {
    if (!hasFiles(event) || !field(data.key)) return;
    event.preventDefault();
    show(true);
  };
  const leave = (event) => {
    if (event.relatedTarget === null) show(false);
  };
  const drop = (event) => {
    show(false);
    const target = field(data.key);
    if (!hasFiles(event) || !target) return;
    event.preventDefault(); // the browser would open the file in place of the page
    if (event.target instanceof Element && event.target.closest('[data-testid="stFileUploaderDropzone"]')) return;
    event.stopPropagation();
    target.closest("details")?.setAttribute("open", "");
    target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: event.dataTransfer }));
  };
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", leave);
  document.addEventListener("drop", drop, true);
  return () => {
    show(false);
    document.removeEventListener("dragover", over);
    document.removeEventListener("dragleave", leave);
    document.removeEventListener("drop", drop, true);
  };
}
