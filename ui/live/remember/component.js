// Keeps the name of this browser's own space in a cookie, so that a refresh finds it again.
export default function ({ data }) {
  const secure = window.location.protocol === "https:" ? "; secure" : "";
  for (const [name, value] of Object.entries(data.cookies)) {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=strict${secure}`;
  }
}
