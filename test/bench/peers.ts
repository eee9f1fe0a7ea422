/** The other programs of this kind, and how each is asked for the same work. */

import { join } from 'node:path';

import type { Home } from './home.js';

/** `127.0.0.1:5000/bench/3mb:1`. */
export type Remote = string;

/** The arguments of one peer; all of them are told that loopback speaks plain http. */
export interface Peer {
  readonly program: string;
  readonly version: readonly string[];
  readonly pull: (home: Home, from: Remote, folder: string) => readonly string[];
  readonly push: (home: Home, layout: string, to: Remote) => readonly string[];
  readonly copy: (home: Home, from: Remote, to: Remote) => readonly string[];
  readonly digest: (home: Home, from: Remote) => readonly string[];
}

/**
 * skopeo pulls into `oci:`, not into `dir:`: that is what `reg` makes, too, with blobs by digest, so that a layer which is
 * there is not fetched again.
 */
export const PEERS: readonly Peer[] = [
  {
    program: 'skopeo',
    version: ['--version'],
    pull: (home, from, folder) => [
      ...skopeo(home, 'copy', '--quiet'),
      '--src-tls-verify=false',
      `docker://${from}`,
      `oci:${folder}:1`,
    ],
    push: (home, layout, to) => [
      ...skopeo(home, 'copy', '--quiet'),
      '--dest-tls-verify=false',
      `oci:${layout}:1`,
      `docker://${to}`,
    ],
    copy: (home, from, to) => [
      ...skopeo(home, 'copy', '--quiet'),
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      `docker://${from}`,
      `docker://${to}`,
    ],
    digest: (home, from) => [
      ...skopeo(home, 'inspect', '--no-tags', '--format', '{{.Digest}}'),
      '--tls-verify=false',
      `docker://${from}`,
    ],
  },
  {
    program: 'crane',
    version: ['version'],
    pull: (_, from, folder) => ['pull', '--insecure', '--format=oci', from, folder],
    push: (_, layout, to) => ['push', '--insecure', layout, to],
    copy: (_, from, to) => ['copy', '--insecure', from, to],
    digest: (_, from) => ['digest', '--insecure', from],
  },
  {
    program: 'oras',
    version: ['version'],
    pull: (_, from, folder) => ['cp', '--from-plain-http', '--to-oci-layout', from, `${folder}:1`],
    push: (_, layout, to) => ['cp', '--from-oci-layout', '--to-plain-http', `${layout}:1`, to],
    copy: (_, from, to) => ['cp', '--from-plain-http', '--to-plain-http', from, to],
    digest: (_, from) => ['resolve', '--plain-http', from],
  },
  {
    program: 'regctl',
    version: ['version', '--format', '{{.VCSTag}}'],
    pull: (_, from, folder) => [...regctl(from), 'image', 'copy', from, `ocidir://${folder}:1`],
    push: (_, layout, to) => [...regctl(to), 'image', 'copy', `ocidir://${layout}:1`, to],
    copy: (_, from, to) => [...regctl(from, to), 'image', 'copy', from, to],
    digest: (_, from) => [...regctl(from), 'image', 'digest', from],
  },
];

function skopeo({ folder }: Home, ...command: readonly string[]): readonly string[] {
  const registries = join(folder, 'registries.conf');
  return ['--insecure-policy', '--registries-conf', registries, '--registries.d', folder, ...command];
}

function regctl(...remotes: readonly Remote[]): readonly string[] {
  const hosts = new Set(remotes.map((remote) => remote.slice(0, remote.indexOf('/'))));
  return [...hosts].flatMap((host) => ['--host', `reg=${host},tls=disabled`]);
}
