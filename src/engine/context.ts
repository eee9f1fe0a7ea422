/** Docker's contexts: `contexts/meta/SHA256-OF-NAME/meta.json` says where an engine is (docker/cli, cli/context/store). */

import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { look, readSmallFile } from '../disk/files.js';
import { RegError } from '../errors.js';
import { isObject, parseJsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';

/** An engine that a person gave a name. */
export interface Context {
  readonly name: string;
  readonly host: string;
  /** Where its certificates are; absent where it needs none. */
  readonly tlsFolder?: string;
}

const MAX_SIZE = 1024 * 1024;

/**
 * The context that is in use: `chosen`, else what config.json in the folder `docker` says; undefined for the default one.
 * Throws INVALID_CONFIG for one that is not there or can't be read.
 */
export async function readContext(docker: string, chosen: string | undefined): Promise<Context | undefined> {
  const name = chosen || (await currentContext(docker));
  if (name === undefined || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await readObject(join(docker, 'contexts', 'meta', id, 'meta.json'));
  if (meta === undefined) {
    throw new RegError('INVALID_CONFIG', `there is no docker context ${quoteText(name)}`, {
      hint: 'Run "docker context ls", or set DOCKER_HOST.',
    });
  }
  const endpoint = isObject(meta['Endpoints']) ? meta['Endpoints']['docker'] : undefined;
  const host = isObject(endpoint) ? endpoint['Host'] : undefined;
  if (typeof host !== 'string')
    throw new RegError('INVALID_CONFIG', `the docker context ${quoteText(name)} names no engine`);
  const tlsFolder = join(docker, 'contexts', 'tls', id, 'docker');
  return { name, host, ...((await look(tlsFolder)) === undefined ? {} : { tlsFolder }) };
}

async function currentContext(docker: string): Promise<string | undefined> {
  const name = (await readObject(join(docker, 'config.json')))?.['currentContext'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

async function readObject(path: string): Promise<ReturnType<typeof parseJsonObject> | undefined> {
  const bytes = await readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
  return bytes === undefined
    ? undefined
    : parseJsonObject(bytes, { what: quoteText(path), code: 'INVALID_CONFIG' });
}
