/** The registries for which other tools were given certificates, in folders `certs.d`. */

import { readdir } from 'node:fs/promises';

import { readCertsD } from '../../../config/certs-d.js';
import { cleanText, quoteText } from '../../../spec/text.js';
import { good, none, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

export const certificates: Check<MachineSubject> = {
  check: 'certificates',
  title: 'Certificates',
  async look({ certificates: folders }) {
    const found: { readonly host: string; readonly directory: string }[] = [];
    for (const folder of folders) {
      for (const host of await list(folder)) {
        // Says what is wrong in there.
        const { from } = await readCertsD([folder], host);
        if (from.length > 0) found.push({ host: cleanText(host), directory: folder });
      }
    }
    if (found.length === 0) return none('none for single registries');
    const text = found.map(({ host, directory }) => `for ${host} in ${quoteText(directory)}`).join(', ');
    return good(text, { certificates: found });
  },
};

/** What is not there, or not for us to see, holds nothing. */
async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
