/** Which proxy, if any, lies before a URL: by the environment variables that curl and Go programs read. */

import { RegError } from '../../errors.js';
import { bareHostname, formatPeer, isHttp, isLoopback, portOf } from './addresses.js';
import { isExempt } from './no-proxy.js';

export interface Proxy {
  /** Whether it is spoken to by TLS. */
  readonly isSecure: boolean;
  /** A bare host name or address. */
  readonly hostname: string;
  readonly port: number;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  /** What named it, such as `HTTPS_PROXY`. */
  readonly from: string;
}

/** The proxy before a URL. May throw INVALID_CONFIG. */
export type ProxyFor = (url: URL) => Proxy | undefined;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxies of `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower or else in upper case; never before
 * this machine itself. `proxy` takes the place of all but `no_proxy`; "none" stands for no proxy at all. What it
 * answers throws INVALID_CONFIG for a setting that is no URL of a proxy, as soon as it is needed.
 */
export function proxyFromEnvironment(
  env: Variables,
  { proxy }: { readonly proxy?: string | undefined } = {},
): ProxyFor {
  if (proxy === '' || proxy === 'none') return () => undefined;
  const exceptions = env['no_proxy'] || env['NO_PROXY'] || '';
  return (url) => {
    if (isLoopback(bareHostname(url)) || isExempt(url, exceptions)) return undefined;
    if (proxy !== undefined) return parseProxy(proxy, '--proxy');
    const name = variablesFor(url, env).find((variable) => env[variable]);
    return name === undefined ? undefined : parseProxy(env[name] ?? '', name);
  };
}

/** The proxy, and for whom it is asked, as errors show them. */
export function formatProxy(proxy: Proxy, target: Pick<Proxy, 'hostname' | 'port'>): string {
  return `the proxy ${formatPeer(proxy)} (for ${formatPeer(target)})`;
}

/** The other side, and the proxy on the way to it, as errors show them. */
export function formatPeerBy(proxy: Proxy, target: Pick<Proxy, 'hostname' | 'port'>): string {
  return `${formatPeer(target)} (by the proxy ${formatPeer(proxy)})`;
}

/** Headers for the proxy itself. */
export function proxyHeaders({ login }: Proxy): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  const basic = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return { 'proxy-authorization': `Basic ${basic}` };
}

function variablesFor({ protocol }: URL, env: Variables): readonly string[] {
  const all = ['all_proxy', 'ALL_PROXY'];
  if (protocol === 'https:') return ['https_proxy', 'HTTPS_PROXY', ...all];
  // For a CGI program HTTP_PROXY is what a client sent as its header "Proxy" (CVE-2016-5388, "httpoxy").
  const isCgi = env['REQUEST_METHOD'] !== undefined;
  return ['http_proxy', ...(isCgi ? [] : ['HTTP_PROXY']), ...all];
}

/** `from` is what named it. Throws INVALID_CONFIG. */
export function parseProxy(text: string, from: string): Proxy {
  const trimmed = text.trim();
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  // An @ past the host is a password with an unescaped / ? or #, cut in two; what was read as the host is half of it.
  if (url === undefined || !isHttp(url) || (url.pathname + url.search + url.hash).includes('@')) {
    throw badProxy(from);
  }
  return {
    isSecure: url.protocol === 'https:',
    hostname: bareHostname(url),
    port: portOf(url),
    ...(url.username !== '' && {
      login: { username: decode(url.username, from), password: decode(url.password, from) },
    }),
    from,
  };
}

function decode(text: string, from: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Its message would hold nothing of use, and its cause the password.
    throw badProxy(from);
  }
}

/** Without anything of the setting: it may hold a password. */
function badProxy(from: string): RegError {
  return new RegError('INVALID_CONFIG', `${from} is not the URL of an http or https proxy`, {
    hint: 'Write http://USER:PASSWORD@HOST:PORT, with special characters of the password as %XX.',
  });
}
