/**
 * The parts of a reference as they stand in its text: how they are told apart, what each may hold, and, where
 * one is wrong, why and what was probably meant. The time is linear in the text: an expression is anchored, or
 * looks for one character, or sees only a path that was found short enough.
 */

import { hasCode } from '../errors.js';
import { parseDigest } from './digest.js';
import { quoteText } from './text.js';

/** A part that is absent is undefined; one with nothing behind its separator is `''`. */
interface Parts {
  readonly domain: string | undefined;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Why a part is refused, with the parts that were probably meant. */
interface Fault {
  readonly why: string;
  readonly fix?: Partial<Parts>;
  readonly hint?: string;
}

const IPV6_HOST = /^\[[0-9A-Fa-f:]+\]$/;
const HOST_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const MAX_TAG_LENGTH = 128;

/** Takes a text apart; nothing is checked yet. */
export function splitParts(text: string): Parts {
  const [beforeDigest, digest] = cutAt(text, text.indexOf('@'));
  const [name, tag] = cutAt(beforeDigest, beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1));
  const [first, rest] = cutAt(name, name.indexOf('/'));
  // Docker's rule: without a dot, a port or an upper-case letter the first component is part of the path.
  const isDomain = rest !== undefined && (first === 'localhost' || /[.:A-Z]/.test(first));
  const [domain, path] = isDomain ? [first, rest] : [undefined, name];
  return { domain, path, tag, digest };
}

/** Puts a text together again. */
export function joinParts({ domain, path, tag, digest }: Parts): string {
  const name = domain === undefined ? path : `${domain}/${path}`;
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function cutAt(text: string, position: number): readonly [string, string | undefined] {
  return position < 0 ? [text, undefined] : [text.slice(0, position), text.slice(position + 1)];
}

/** Finds the first wrong part, from left to right; `maxPathLength` is in characters. */
export function findPartFault(parts: Parts, maxPathLength: number): Fault | undefined {
  return (
    findDomainFault(parts.domain) ??
    findPathFault(parts.path, maxPathLength) ??
    findTagFault(parts.tag) ??
    findDigestFault(parts)
  );
}

function findDomainFault(domain: string | undefined): Fault | undefined {
  if (domain === undefined) return undefined;
  const [host, port] = cutAt(domain, domain.indexOf(':', domain.lastIndexOf(']') + 1));
  return findHostFault(host, port) ?? findPortFault(host, port);
}

function findHostFault(host: string, port: string | undefined): Fault | undefined {
  const shown = quoteText(host);
  if (host.startsWith('[')) {
    if (IPV6_HOST.test(host)) return undefined;
    return { why: `host ${shown} may hold only hexadecimal digits and ":"` };
  }
  if (port?.includes(':')) {
    return {
      why: 'an IPv6 address stands in brackets',
      hint: 'Write [ADDRESS]/NAME or [ADDRESS]:PORT/NAME.',
    };
  }
  const labels = host.split('.');
  if (labels.every((label) => HOST_LABEL.test(label))) return undefined;
  const [wrong] = /[^A-Za-z0-9.-]/.exec(host) ?? [];
  if (wrong !== undefined) {
    return { why: `host ${shown} may hold only letters, digits, "." and "-" (found ${quoteText(wrong)})` };
  }
  const name = labels.filter((label) => label !== '').join('.');
  return {
    why: `each part of host ${shown} starts and ends with a letter or digit`,
    fix: { domain: port === undefined ? name : `${name}:${port}` },
  };
}

function findPortFault(host: string, port: string | undefined): Fault | undefined {
  if (port === undefined) return undefined;
  if (port === '') return { why: `there is no port behind ${quoteText(`${host}:`)}`, fix: { domain: host } };
  if (!/^\d+$/.test(port)) return { why: `port ${quoteText(port)} is not a number` };
  if (Number(port) >= 1 && Number(port) <= 65535) return undefined;
  return { why: `port ${quoteText(port)} is not between 1 and 65535` };
}

function findPathFault(path: string, maxLength: number): Fault | undefined {
  if (path === '') return { why: 'the repository name is missing' };
  if (path.length > maxLength) return { why: `repository name has more than ${maxLength} characters` };
  const [upper] = /[A-Z]/.exec(path) ?? [];
  if (upper !== undefined) {
    return {
      why: `repository name must be lower case (found ${quoteText(upper)})`,
      fix: { path: path.toLowerCase() },
    };
  }
  const components = path.split('/');
  const wrong = components.find((component) => !PATH_COMPONENT.test(component));
  if (wrong === undefined) return undefined;
  if (wrong !== '') return findComponentFault(wrong, components);
  return {
    why: 'repository name starts or ends with "/", or has two in a row',
    fix: { path: components.filter((component) => component !== '').join('/') },
  };
}

function findComponentFault(component: string, components: readonly string[]): Fault {
  const shown = quoteText(component);
  const [wrong] = /[^a-z0-9._-]/.exec(component) ?? [];
  if (wrong !== undefined) {
    return {
      why: `repository name may hold only a-z, 0-9, ".", "_", "-" and "/" (found ${quoteText(wrong)})`,
    };
  }
  const trimmed = component.replace(/^[._-]+/, '').replace(/[._-]+$/, '');
  if (trimmed === '') return { why: `${shown} is not part of a repository name` };
  if (trimmed === component) {
    return { why: `${shown} may have only ".", "_", "__" or any number of "-" between its words` };
  }
  const path = components.map((other) => (other === component ? trimmed : other)).join('/');
  return { why: `${shown} must start and end with a letter or digit`, fix: { path } };
}

function findTagFault(tag: string | undefined): Fault | undefined {
  if (tag === undefined) return undefined;
  if (tag === '') return { why: 'the tag behind ":" is missing', fix: { tag: undefined } };
  if (tag.length > MAX_TAG_LENGTH) {
    return { why: `the tag has ${tag.length} characters, ${MAX_TAG_LENGTH} are allowed` };
  }
  const [wrong] = /[^\w.-]/.exec(tag) ?? [];
  if (wrong !== undefined) {
    const why = `a tag may hold only letters, digits, "_", "." and "-" (found ${quoteText(wrong)})`;
    return wrong === '+' ? { why, fix: { tag: tag.replaceAll('+', '_') } } : { why };
  }
  if (/^\w/.test(tag)) return undefined;
  const why = `a tag starts with a letter, a digit or "_" (found ${quoteText(tag.charAt(0))})`;
  return { why, fix: { tag: tag.replace(/^[.-]+/, '') } };
}

function findDigestFault({ tag, digest }: Parts): Fault | undefined {
  if (digest === undefined) return undefined;
  const why = whyNoDigest(digest);
  if (why === undefined) return undefined;
  if (digest.includes('@')) return { why: 'there is more than one "@"' };
  const [algorithm, hex] = cutAt(digest, digest.indexOf(':'));
  if (hex === undefined) {
    return { why: `${quoteText(digest)} is not a digest`, fix: { tag: digest, digest: undefined } };
  }
  const [value, late] = cutAt(hex, hex.indexOf(':'));
  if (late !== undefined) {
    const fix = { tag: tag ?? late, digest: `${algorithm}:${value}` };
    return { why: 'the tag stands before the digest', fix };
  }
  const lower = digest.toLowerCase();
  if (lower !== digest) return { why, fix: { digest: lower } };
  return { why, hint: 'Give the whole sha256 digest, as "reg inspect" shows it.' };
}

function whyNoDigest(text: string): string | undefined {
  try {
    parseDigest(text);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'INVALID_DIGEST')) return error.message;
    throw error;
  }
}
