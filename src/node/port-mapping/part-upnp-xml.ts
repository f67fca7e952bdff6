/**
 * What little XML is read of a router: the text between the tags of a name, in one pass. No document type, so no entity but the five of
 * the language; whatever else is wrong with the document does not matter, since nothing that it says is believed.
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** What stands in each element of this name, tags of others included; nothing where the document has a type. */
export function elements(document: string, name: string): string[] {
  const found: string[] = [];
  if (/<!(?:DOCTYPE|ENTITY)/i.test(document)) return found;
  for (let at = 0; ; ) {
    const start = document.indexOf(`<${name}`, at);
    if (start < 0) return found;
    const end = start + name.length + 1;
    if (!/[\s>]/.test(document.charAt(end))) {
      at = end;
      continue;
    }
    const inside = document.indexOf(">", end) + 1;
    const close = inside > 0 ? document.indexOf(`</${name}>`, inside) : -1;
    if (close < 0) return found;
    found.push(document.slice(inside, close));
    at = close;
  }
}

/** The text of the first element of this name. */
export function textOf(document: string, name: string): string | undefined {
  const [first] = elements(document, name);
  if (first === undefined || first.includes("<")) return undefined;
  return first.trim().replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
