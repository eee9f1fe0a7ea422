import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createAuthority } from './certificates.js';
import { reply, startHttpServer, type HttpServer } from './http-server.js';
import { temporaryFolder, type Scope } from './temp.js';

/** Stands in for the search of Docker Hub under its real name: finds `hits`, whatever it is asked. */
export async function startHubSearch(
  scope: Scope,
  hits: readonly unknown[],
): Promise<{
  readonly server: HttpServer;
  /** Flags by which `reg` comes to it. */
  readonly flags: readonly string[];
}> {
  const authority = await createAuthority();
  const body = { num_results: hits.length, query: '', results: hits };
  const server = await startHttpServer(scope, (exchange) => reply(exchange, 200, { body }), {
    tls: await authority.issue(['index.docker.io']),
  });
  const file = join(await temporaryFolder(scope), 'ca.crt');
  await writeFile(file, authority.certificate);
  return { server, flags: ['--resolve', `index.docker.io:443:${server.host}`, '--ca-file', file] };
}
