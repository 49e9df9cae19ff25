// Keeps the name of this browser's own space in a cookie, so that a refresh finds it again.
const AGAIN = [300, 1500, 4000]; // ms: two tabs that both found no cookie both write one; the later write stays

function cookie(name) {
  const parts = document.cookie.split("; ").map((part) => part.split("="));
  return (parts.find((part) => part[0] === name) || ["", ""])[1];
}

function write(name, value) {
  const secure = window.location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=strict${secure}`;
}

export default function ({ data, setTriggerValue }) {
  let told = false;
  const look = () => {
    const found = cookie(data.name);
    if (!/^[0-9a-f]{32}$/.test(found)) {
      write(data.name, data.token);
    } else if (found !== data.token) {
      if (!told) setTriggerValue("found", found);
      told = true;
      return;
    }
    for (const [name, value] of Object.entries(data.others)) write(name, value);
  };
  look();
  const timers = AGAIN.map((ms) => window.setTimeout(look, ms));
  return () => timers.forEach((timer) => window.clearTimeout(timer));
}
