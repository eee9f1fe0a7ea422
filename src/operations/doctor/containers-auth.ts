/** Containers' auth.json, where podman and skopeo keep logins. */

import { readDockerConfig } from '../../credentials/docker-config.js';
import { look as lookAt } from '../../disk/files.js';
import { quoteText } from '../../spec/text.js';
import { good, none, type Check } from './check.js';
import { countLogins } from './logins.js';
import type { MachineSubject } from './machine.js';

export const containersAuth: Check<MachineSubject> = {
  check: 'containers-auth',
  title: 'Podman logins',
  async look({ containersAuth: files }) {
    const found: { readonly file: string; readonly logins: number }[] = [];
    for (const file of files) {
      if ((await lookAt(file)) === undefined) continue;
      found.push({ file, logins: countLogins(await readDockerConfig(file)) });
    }
    if (found.length === 0)
      return none(`none: ${files.map((file) => quoteText(file)).join(' and ')} not there`);
    return good(found.map(({ file, logins }) => `${logins} in ${quoteText(file)}`).join(', '), {
      files: found,
    });
  },
};
