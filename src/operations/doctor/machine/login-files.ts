/** The files that logins are kept in, docker's and podman's: whether they can be read, and what is in them. */

import { parseEntry } from '../../../credentials/auth-entry.js';
import { isReadableByOthers } from '../../../credentials/config-file.js';
import { helperSettingOf, readDockerConfig, type DockerConfig } from '../../../credentials/docker-config.js';
import { Helper } from '../../../credentials/helper.js';
import { look as lookAt } from '../../../disk/files.js';
import { quoteText } from '../../../spec/text.js';
import { good, none, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

/** A host for which nothing is set, so that what is set for all of them holds. */
const ANY_HOST = 'registry.example';

/** Docker's config.json: whom it has logins for, and whether the helpers that it names are there. */
export const dockerConfig: Check<MachineSubject> = {
  check: 'docker-config',
  title: 'Docker logins',
  async look({ dockerConfig: file, env }) {
    if (file === undefined) return none('there is no home to look for them in');
    if ((await lookAt(file)) === undefined) return none(`none: ${quoteText(file)} is not there`);
    const config = await readDockerConfig(file);
    const logins = countLogins(config);
    const helpers = await findHelpers(config, env);
    const text = [`${logins} in ${quoteText(file)}`, ...helpers.map((helper) => `more by ${helper}`)].join(
      ', ',
    );
    const isOpen = logins > 0 && (await isReadableByOthers(file));
    const hint = isOpen
      ? 'Others on this machine can read that file: take the right to from them.'
      : undefined;
    return good(text, { file, logins, helpers }, hint);
  },
};

/** Containers' auth.json, where podman and skopeo keep logins. */
export const containersAuth: Check<MachineSubject> = {
  check: 'containers-auth',
  title: 'Podman logins',
  async look({ containersAuth: files }) {
    const found: { readonly file: string; readonly logins: number }[] = [];
    for (const file of files) {
      if ((await lookAt(file)) === undefined) continue;
      found.push({ file, logins: countLogins(await readDockerConfig(file)) });
    }
    if (found.length === 0) {
      const names = files.map((file) => quoteText(file)).join(' and ');
      return none(`none: ${names} ${files.length === 1 ? 'is' : 'are'} not there`);
    }
    return good(found.map(({ file, logins }) => `${logins} in ${quoteText(file)}`).join(', '), {
      files: found,
    });
  },
};

/** How many logins a file holds. Looks at each of them. Throws INVALID_CONFIG. */
function countLogins({ what, auths }: DockerConfig): number {
  const entries = Object.entries(auths).map(([key, entry]) =>
    parseEntry(entry, `${what}: auths[${quoteText(key)}]`),
  );
  return entries.filter((entry) => entry !== undefined).length;
}

/** The helpers that are named, each of which has to be there. */
async function findHelpers(config: DockerConfig, env: MachineSubject['env']): Promise<readonly string[]> {
  const programs = new Set<string>();
  for (const host of [...Object.keys(config.credHelpers), ANY_HOST]) {
    const setting = helperSettingOf(config, host);
    if (setting === undefined) continue;
    const helper = new Helper(setting, { env });
    if (!programs.has(helper.program)) await helper.check(host);
    programs.add(helper.program);
  }
  return [...programs];
}
