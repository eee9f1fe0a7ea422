/** The files of `aws configure`: sections of settings (SDKs and Tools Reference, "Shared config and credentials files"). */

import { join } from 'node:path';

import { readFileIfThere, readNamedFile } from '../token-file.js';
import type { CloudSession } from '../session.js';

export type AwsSettings = ReadonlyMap<string, string>;

export interface AwsFiles {
  /** By the name of the profile; what stands in the file `credentials` comes before what stands in `config`. */
  readonly profiles: ReadonlyMap<string, AwsSettings>;
  /** By the name of the session: `[sso-session NAME]` of `config`. */
  readonly sessions: ReadonlyMap<string, AwsSettings>;
}

/** Folder of both files unless variables name others. */
export function awsFolder({ env }: Pick<CloudSession, 'env'>): string | undefined {
  const home = env['HOME'] || env['USERPROFILE'];
  return home ? join(home, '.aws') : undefined;
}

/** Throws CREDENTIALS_UNAVAILABLE for a file that a variable names and that is not there, DISK_ERROR. */
export async function readAwsFiles(session: CloudSession): Promise<AwsFiles> {
  const [config, credentials] = await Promise.all([
    read('config', 'AWS_CONFIG_FILE', session),
    read('credentials', 'AWS_SHARED_CREDENTIALS_FILE', session),
  ]);
  const profiles = new Map<string, Map<string, string>>();
  const sessions = new Map<string, AwsSettings>();
  for (const [title, settings] of parseSections(config)) {
    const [, kind, name = ''] = /^(?:(profile|sso-session)\s+)?(.+)$/.exec(title) ?? [];
    if (kind === 'sso-session') sessions.set(unquoted(name), settings);
    else if (kind === 'profile' || name === 'default') profiles.set(unquoted(name), settings);
  }
  for (const [name, settings] of parseSections(credentials))
    profiles.set(name, new Map([...(profiles.get(name) ?? []), ...settings]));
  return { profiles, sessions };
}

async function read(name: string, variable: string, session: CloudSession): Promise<string> {
  const named = session.env[variable];
  if (named) return (await readNamedFile(named, variable)).toString();
  const folder = awsFolder(session);
  const bytes = folder === undefined ? undefined : await readFileIfThere(join(folder, name));
  return bytes?.toString() ?? '';
}

/** Settings of settings, which are indented, are of no interest here. Of two with one name the later counts. */
function parseSections(text: string): ReadonlyMap<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let settings = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const title = /^\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    const [, key, value = ''] = /^([^\s=[#;][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (title !== undefined) {
      settings = sections.get(title) ?? new Map<string, string>();
      sections.set(title, settings);
    } else if (key !== undefined) settings.set(key.toLowerCase(), value.replace(/\s+[#;].*$/, ''));
  }
  return sections;
}

function unquoted(name: string): string {
  return name.replace(/^(["'])(.*)\1$/, '$2');
}
