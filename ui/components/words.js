// Words in the language of the reader: `data.words` translates the English templates of a component's script and page.
let words = {};
const originals = new WeakMap();  // root -> the texts of its page in English

// A sentence: its template with {name} filled. Templates are literals, so that the catalogues find them.
// Where Chinese and Latin letters or digits meet at a value, a space is between.
const say = (template, values = {}) => (words[template] ?? template).replace(/\{(\w+)\}/g, (place, name, at, all) => {
  const value = String(values[name] ?? place);
  return between(all[at - 1], value[0]) + value + between(value.at(-1), all[at + place.length]);
});
const between = (one = "", two = "") => (/[\u3400-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u3400-\u9fff]/.test(one + two) ? " " : "");

// Sets the words, and those of the component's page. Returns whether they are others than before.
function useWords(root, given = {}) {
  if (!originals.has(root)) originals.set(root, { ...textsOf(root), shown: "{}" });
  const page = originals.get(root), now = JSON.stringify(given);
  words = given;
  if (now === page.shown) return false;
  page.shown = now;
  for (const [node, english] of page.texts) {
    const [before, text, after] = /^(\s*)(.*?)(\s*)$/s.exec(english).slice(1);
    node.data = before + say(text.replace(/\s+/g, " ")) + after;
  }
  for (const [node, name, english] of page.attributes) node.setAttribute(name, say(english.replace(/\s+/g, " ")));
  return true;
}

// The texts and the described attributes of the page as it was written.
function textsOf(root) {
  const texts = [], attributes = [], all = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = all.nextNode(); node; node = all.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data.trim() && node.parentElement?.tagName !== "STYLE") texts.push([node, node.data]);
    } else for (const name of ["title", "aria-label", "aria-roledescription"]) if (node.hasAttribute(name)) attributes.push([node, name, node.getAttribute(name)]);
  }
  return { texts, attributes };
}
