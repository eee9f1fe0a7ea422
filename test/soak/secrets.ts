/** What must be seen nowhere but where it belongs, and the search for it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export class Secrets {
  readonly #forms = new Set<string>();
  readonly #leaks: string[] = [];
  #searched = 0;

  /** From now on looked for as it is, in base64, and escaped for URLs and JSON. */
  add(...secrets: readonly string[]): void {
    for (const secret of secrets) {
      this.#forms.add(secret);
      this.#forms.add(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
      this.#forms.add(encodeURIComponent(secret));
      this.#forms.add(JSON.stringify(secret).slice(1, -1));
    }
  }

  /** Looks through something that was printed, sent or stored. */
  search(where: string, text: string | Buffer): void {
    this.#searched += text.length;
    for (const form of this.#forms) {
      if (text.includes(form)) this.#leaks.push(`${where} has ${form.slice(0, 6)}…`);
    }
  }

  /** Looks through every file below a folder, its name included. */
  async searchFolder(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      this.search(path, path);
      if (entry.isFile()) this.search(path, await readFile(path));
    }
  }

  get leaks(): readonly string[] {
    return this.#leaks;
  }

  /** Bytes that were looked through. */
  get searched(): number {
    return this.#searched;
  }
}
