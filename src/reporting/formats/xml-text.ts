/** XML 1.0 that any parser takes, whatever the text holds. */

/** Characters that XML 1.0 does not allow even when escaped, lone surrogates among them. */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

export function xmlText(text: string): string {
  return text.replaceAll(forbidden, "?").replaceAll(/[&<>\r]/g, (found) => escapes[found] ?? "");
}

/** A parser would turn a line end in an attribute into a blank. */
function attributeText(text: string): string {
  return text
    .replaceAll(forbidden, "?")
    .replaceAll(/[&<>"\t\n\r]/g, (found) => escapes[found] ?? "");
}

/** @param content elements or text, escaped already. */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[],
): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${attributeText(String(value))}"`,
  );
  const open = `<${name}${pairs.join("")}`;
  if (content.length === 0) return `${open}/>`;
  const elements = content.every((each) => each.startsWith("<"));
  const inner = elements ? `\n${content.join("\n")}\n` : content.join("");
  return `${open}>${inner}</${name}>`;
}
