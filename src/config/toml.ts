/** TOML files; the only home of smol-toml, which is loaded when there is such a file. */

import { RegError } from '../errors.js';
import type { JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';

/** What `text` says. Throws INVALID_CONFIG, which names file, line and column, and quotes nothing of the file. */
export async function parseToml(text: string, file: string): Promise<JsonObject> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    throw new RegError('INVALID_CONFIG', `${quoteText(file)} is not TOML: ${place}`);
  }
}
