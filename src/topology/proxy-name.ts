/**
 * What a link is called in Toxiproxy's own API. A link's id has `/`, `>` and `:`, and no call of that API can
 * address such a name; so the proxy of `k6/1->proxy/1:http` is `k6-1.to.proxy-1.http`. Each name means one
 * link: no kind of node has a `-` or a `.` in its name.
 */

const idShape = /^([a-z0-9]+)(?:\/([a-z0-9-]+))?->([a-z0-9]+)(?:\/([a-z0-9-]+))?:([a-z0-9-]+)$/;
const nameShape =
  /^([a-z0-9]+)(?:-([a-z0-9-]+))?\.to\.([a-z0-9]+)(?:-([a-z0-9-]+))?\.([a-z0-9-]+)$/;

/** @throws Error for an id that no topology should have. */
export function proxyNameOf(linkId: string): string {
  const [from, to, port] = sidesOf(idShape, linkId, "-");
  return `${from}.to.${to}.${port}`;
}

/** The link's id. @throws Error for a name that no link has. */
export function linkOfProxy(name: string): string {
  const [from, to, port] = sidesOf(nameShape, name, "/");
  return `${from}->${to}:${port}`;
}

function sidesOf(shape: RegExp, text: string, between: string): readonly [string, string, string] {
  const match = shape.exec(text);
  const [, fromKind = "", fromIndex, toKind = "", toIndex, port = ""] = match ?? [];
  if (match === null) {
    throw new Error(`expected FROM->TO:PORT, or the name of its proxy, got "${text}"`);
  }
  const side = (kind: string, index: string | undefined) =>
    index === undefined ? kind : `${kind}${between}${index}`;
  return [side(fromKind, fromIndex), side(toKind, toIndex), port];
}
