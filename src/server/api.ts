/** The resources of the API and what may be done with each (distribution-spec 1.1, "Endpoints"). */

import type { IncomingMessage } from 'node:http';

import { deleteBlob, getBlob } from './blobs.js';
import { refuseStranger } from './authentication.js';
import {
  cached,
  getCachedBlob,
  getCachedManifest,
  listUpstreamReferrers,
  listUpstreamTags,
} from './cache/handlers.js';
import type { Handler, RequestBody, Service } from './call.js';
import { refuse } from './errors.js';
import { deleteManifest, getManifest, putManifest } from './manifests.js';
import { listReferrers } from './referrers.js';
import { jsonReply, type Reply } from './reply.js';
import { Repository } from './repository.js';
import { isRepositoryName, parseRoute, type Resource, type Root } from './router.js';
import { listCatalog, listTags } from './tags.js';
import { cancelUpload, continueUpload, finishUpload, getUpload, startUpload } from './uploads.js';

const ROOTS: Readonly<Record<Root['kind'], (service: Service, query: URLSearchParams) => Promise<Reply>>> = {
  base: async () => jsonReply({}),
  catalog: listCatalog,
};

type Resources = Readonly<Record<Resource['kind'], Readonly<Record<string, Handler>>>>;

const RESOURCES: Resources = {
  tags: { GET: listTags },
  referrers: { GET: listReferrers },
  manifest: { GET: getManifest, PUT: putManifest, DELETE: deleteManifest },
  blob: { GET: getBlob, DELETE: deleteBlob },
  uploads: { POST: startUpload },
  upload: { GET: getUpload, PATCH: continueUpload, PUT: finishUpload, DELETE: cancelUpload },
};

const CACHED: Resources = {
  tags: { GET: cached(listUpstreamTags) },
  referrers: { GET: cached(listUpstreamReferrers) },
  manifest: { GET: cached(getCachedManifest) },
  blob: { GET: cached(getCachedBlob) },
  uploads: {},
  upload: {},
};

/** The reply to a request. Throws what the store and the parsers throw. */
export async function answer(request: IncomingMessage, body: RequestBody, service: Service): Promise<Reply> {
  const { url = '', headers } = request;
  const refusal = service.accounts && (await refuseStranger(headers, service.accounts));
  if (refusal !== undefined) return refusal;
  // A HEAD is a GET whose body is not sent.
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const [path = '', search] = url.split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search);
  const route = parseRoute(path);
  if (route === undefined) return refuse('NAME_UNKNOWN', 'there is nothing at this path');
  if (!('name' in route)) {
    return method === 'GET' ? ROOTS[route.kind](service, query) : refuseMethod(['GET']);
  }
  const { kind, name, reference } = route;
  const resource = (service.cache === undefined ? RESOURCES : CACHED)[kind];
  const methods = Object.keys(resource).filter((other) => other === 'GET' || !service.readOnly);
  const handler = methods.includes(method) ? resource[method] : undefined;
  if (handler === undefined) return refuseMethod(methods, service);
  if (!isRepositoryName(name)) return refuse('NAME_INVALID', 'this is not the name of a repository');
  return handler({ ...service, repository: new Repository(name, service), reference, query, headers, body });
}

function refuseMethod(methods: readonly string[], { readOnly = false, cache }: Partial<Service> = {}): Reply {
  const allow = methods.map((method) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
  const denial =
    cache === undefined ? 'this registry is read-only' : 'this is a cache: push to the registry itself';
  const message = readOnly ? denial : `only ${allow} can be done here`;
  return refuse('UNSUPPORTED', message, { headers: { allow } });
}
