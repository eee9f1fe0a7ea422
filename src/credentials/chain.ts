/**
 * Where the credential for a host is looked for; the first that has one wins.
 *
 *     DOCKER_AUTH_CONFIG ──▶ config.json: a helper ──▶ config.json: auths
 */

import { parseJsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { isReadableByOthers } from './config-file.js';
import type { Credential } from './credential.js';
import { credentialOf, helperSettingOf, parseDockerConfig, readDockerConfig } from './docker-config.js';
import { Helper, type HelperOptions } from './helper.js';
import type { Environment } from './run-program.js';

export interface ChainOptions extends Omit<HelperOptions, 'onNotice'> {
  /** Path of docker's config.json. */
  readonly dockerConfig: string | undefined;
  /** Told, for debugging, which source answered; and what a person should mend. */
  readonly onNotice?:
    | ((notice: { readonly type: 'warning' | 'debug'; readonly message: string }) => void)
    | undefined;
}

/** An environment variable with what config.json could say under `auths` (docker/cli 28.3). */
const VARIABLE = 'DOCKER_AUTH_CONFIG';

/**
 * The credential for a host; undefined when no source has one. A source that is broken is an error: the next one could
 * have a credential that is meant for somebody else. Throws INVALID_CONFIG, CREDENTIALS_UNAVAILABLE, DISK_ERROR.
 */
export async function findCredential(host: string, options: ChainOptions): Promise<Credential | undefined> {
  const found = inEnvironment(host, options.env) ?? (await inDockerConfig(host, options));
  const message =
    found === undefined ? `there is no login for ${host}` : `the login for ${host} is from ${found.source}`;
  options.onNotice?.({ type: 'debug', message });
  return found?.credential;
}

interface Found {
  readonly credential: Credential;
  /** For messages. */
  readonly source: string;
}

function inEnvironment(host: string, env: Environment): Found | undefined {
  const text = env[VARIABLE] ?? '';
  if (text === '') return undefined;
  const what = `the environment variable ${VARIABLE}`;
  const config = parseJsonObject(Buffer.from(text), { what, code: 'INVALID_CONFIG' });
  const credential = credentialOf(parseDockerConfig(config, what), host);
  return credential === undefined ? undefined : { credential, source: VARIABLE };
}

async function inDockerConfig(host: string, options: ChainOptions): Promise<Found | undefined> {
  const { dockerConfig: file, onNotice } = options;
  if (file === undefined) return undefined;
  const config = await readDockerConfig(file);
  const setting = helperSettingOf(config, host);
  const helper = setting === undefined ? undefined : new Helper(setting, options);
  const helped = await helper?.get(host);
  if (helper !== undefined && helped !== undefined) return { credential: helped, source: helper.program };
  const credential = credentialOf(config, host);
  if (credential === undefined) return undefined;
  const source = quoteText(file);
  if (await isReadableByOthers(file)) {
    const message = `others on this machine can read ${source}, which holds a login`;
    onNotice?.({ type: 'warning', message });
  }
  return { credential, source };
}
