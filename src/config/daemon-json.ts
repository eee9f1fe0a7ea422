/** `daemon.json` of docker's engine: mirrors of Docker Hub, and hosts that need no TLS (docs.docker.com, dockerd). */

import { BlockList, isIP } from 'node:net';

import { isDockerHub } from '../spec/docker-hub.js';
import { parseJsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { fieldsOf, type Fields } from './fields.js';
import { parseMirrorUrl, placeAt } from './mirror-url.js';
import { type ImageName, type Route } from '../spec/route.js';

export interface DaemonJson {
  route(image: ImageName): Route | undefined;
  /** Whether the host may speak plain http or show any certificate. */
  isInsecure(host: string): boolean;
  readonly file: string;
}

/** Throws INVALID_CONFIG. */
export function parseDaemonJson(bytes: Uint8Array, file: string): DaemonJson {
  const what = quoteText(file);
  const fields = fieldsOf(parseJsonObject(bytes, { what, code: 'INVALID_CONFIG' }), what);
  const urls = fields.texts('registry-mirrors').map((text) => {
    const url = parseMirrorUrl(text);
    if (url === undefined)
      throw fields.wrong('"registry-mirrors" holds something that is not the URL of a mirror');
    return url;
  });
  return {
    file,
    isInsecure: insecureBy(fields),
    route(image) {
      if (urls.length === 0 || !isDockerHub(image.domain)) return undefined;
      // Docker does not tell its mirrors which registry is meant: it is always the Hub.
      const mirrors = urls.map((url) => ({
        ...placeAt({ url }, image),
        namespace: undefined,
        resolves: true,
        settings: {},
      }));
      return { mirrors, from: file };
    },
  };
}

/**
 * Networks are for hosts that are named by their address. Docker looks names up, too, and so leaves it to whoever
 * answers for the DNS whether TLS is needed.
 */
function insecureBy(fields: Fields): DaemonJson['isInsecure'] {
  const hosts = new Set<string>();
  const networks = new BlockList();
  for (const written of fields.texts('insecure-registries')) {
    const text = written.replace(/^https?:\/\//i, '').replace(/\/$/, '');
    const [, address = '', bits = ''] = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(text) ?? [];
    const version = isIP(address);
    if (version === 0) hosts.add(text.toLowerCase());
    else if (Number(bits) > (version === 6 ? 128 : 32))
      throw fields.wrong(`${quoteText(text)} is not a network`);
    else networks.addSubnet(address, Number(bits), version === 6 ? 'ipv6' : 'ipv4');
  }
  return (host) => {
    const address = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    const version = isIP(address);
    return hosts.has(host) || (version !== 0 && networks.check(address, version === 6 ? 'ipv6' : 'ipv4'));
  };
}
