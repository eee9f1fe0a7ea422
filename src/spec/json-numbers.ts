/** Numbers in JSON that JavaScript can't hold as they are (RFC 8259, 6): read and written again they would be others. */

/** A string, which may hold anything, or a number. */
const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d[\d.Ee+-]*/g;

/** The first in a JSON text that would change, but for fractions, which nobody reads exactly; undefined for none. */
export function findInexactNumber(text: string): string | undefined {
  for (const [token] of text.matchAll(TOKEN)) if (!token.startsWith('"') && !isExact(token)) return token;
  return undefined;
}

function isExact(token: string): boolean {
  const value = Number(token);
  if (Number.isSafeInteger(value)) return true;
  return /[.Ee]/.test(token) ? Number.isFinite(value) : String(value) === token;
}
