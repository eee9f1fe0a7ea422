import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { exitCodeOf, RegError } from '../../src/errors.js';
import { parseDigest } from '../../src/spec/digest.js';
import {
  familiarName,
  formatReference,
  parseReference,
  pullReference,
  type Reference,
} from '../../src/spec/reference.js';

/** A line of the table: what Docker's own parser says of `in`; `''` stands for an absent part. */
interface Golden {
  readonly in: string;
  readonly ok: boolean;
  readonly domain?: string;
}

/** Where we refuse on purpose what Docker takes, with what our message says. */
const STRICTER = new Map([
  ['foo_bar.com/app', 'found "_"'], // Docker reads an empty domain out of it
  ['example.com:750050/app', 'port "750050" is not between 1 and 65535'], // it could only fail on connecting
]);

const golden = readFileSync(new URL('../golden/references.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): Golden => JSON.parse(line));

const HEX = '86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa';
const DIGEST = parseDigest(`sha256:${HEX}`);

function refusal(text: string): RegError {
  try {
    parseReference(text);
  } catch (error) {
    assert(error instanceof RegError, String(error));
    assert.equal(error.code, 'INVALID_REFERENCE');
    assert.equal(exitCodeOf(error), 2);
    return error;
  }
  return assert.fail(`${text} was taken for a reference`);
}

test('every reference of the table is read, shortened and completed as Docker does', () => {
  const valid = golden.filter((line) => line.ok && !STRICTER.has(line.in));
  assert(valid.length > 60);
  for (const line of valid) {
    const reference = parseReference(line.in);
    const { domain, path, tag = '', digest = '' } = reference;
    const familiar = familiarName(reference);
    const pull = formatReference(pullReference(reference));
    assert.deepEqual({ in: line.in, ok: true, domain, path, tag, digest, familiar, pull }, line);
    assert.deepEqual(parseReference(formatReference(reference)), reference);
  }
});

test('every text of the table that Docker refuses is refused, with a reason', () => {
  const invalid = golden.filter((line) => !line.ok);
  assert(invalid.length > 40);
  for (const line of invalid) assert.match(refusal(line.in).message, /^invalid reference ".*": .{10,}$/s);
});

test('what Docker takes and we do not is a short list', () => {
  for (const [text, why] of STRICTER) {
    assert(golden.some((line) => line.in === text && line.ok));
    assert(refusal(text).message.includes(why));
  }
});

test('a refusal says why, and what was probably meant', () => {
  const cases: readonly (readonly [text: string, why: RegExp, hint?: RegExp])[] = [
    ['', /it is empty/, /such as "nginx"/],
    ['Nginx', /must be lower case \(found "N"\)/, /Did you mean "nginx"\?/],
    ['ghcr.io/Owner/App:V1', /found "O"/, /"ghcr.io\/owner\/app:V1"/],
    ['https://docker.io/library/nginx', /no scheme \(found "https:\/\/"\)/, /"docker.io\/library\/nginx"/],
    ['http://localhost:5000/app', /found "http:\/\/"/, /"localhost:5000\/app".*--plain-http/],
    ['docker://Nginx:', /found "docker:\/\/"/, /"nginx"/],
    ['oci://ghcr.io/a/b:1', /found "oci:\/\/"/, /"ghcr.io\/a\/b:1"/],
    ['nginx:', /tag behind ":" is missing/, /"nginx"/],
    ['nginx:-bad', /tag starts with .* \(found "-"\)/, /"nginx:bad"/],
    ['nginx:1+2', /tag may hold only .* \(found "\+"\)/, /"nginx:1_2"/],
    ['nginx:1?x=1', /found "\?"/],
    ['nginx:100%', /found "%"/],
    ['nginx:a:b', /found ":"/],
    [`nginx:${'t'.repeat(129)}`, /129 characters, 128/],
    ['nginx@latest', /"latest" is not a digest/, /"nginx:latest"/],
    ['localhost:5000/app@latest', /"latest" is not a digest/, /"localhost:5000\/app:latest"/],
    ['nginx@sha256:abc', /64 hexadecimal digits, found 3/, /whole sha256 digest/],
    [`nginx@sha256:${HEX}0`, /found 65/, /whole sha256 digest/],
    [`nginx@sha256:${'z'.repeat(64)}`, /hexadecimal/, /whole sha256 digest/],
    [`nginx@sha256:${HEX.toUpperCase()}`, /lower-case/, new RegExp(`"nginx@sha256:${HEX}"`)],
    [`nginx@SHA256:${HEX}`, /"SHA256/, new RegExp(`"nginx@sha256:${HEX}"`)],
    [`nginx@sha256:${HEX}:1`, /tag stands before the digest/, new RegExp(`"nginx:1@sha256:${HEX}"`)],
    [`nginx@sha256:${HEX}@sha256:${HEX}`, /more than one "@"/],
    ['nginx@md5:d41d8cd98f00b204e9800998ecf8427e', /must be sha256 or sha512/, /whole sha256 digest/],
    [HEX, /image ID/, /"NAME@sha256:86e0/],
    [' nginx', /white space .* \(found U\+0020 at position 1\)/, /"nginx"/],
    ['a b', /white space .* \(found U\+0020 at position 2\)/],
    ['ng\u0131nx', /ASCII .*U\+0131 at position 3/],
    ['\uff4eginx', /ASCII .*U\+FF4E/, /"nginx"/],
    ['nginx\u200b', /\(found U\+200B at position 6\)/, /"nginx"/],
    ['a//b', /two in a row/, /"a\/b"/],
    ['docker/', /ends with "\/"/, /"docker"/],
    ['a/../b', /"\.\." is not part/],
    ['-img', /"-img" must start/, /"img"/],
    ['do___cker/app', /"do___cker" may have only/],
    ['docker.io/', /repository name is missing/],
    [`example.com/${'a'.repeat(256)}`, /more than 255 characters/],
    ['example.com:0/app', /port "0" is not between/],
    ['example.com:99999/app', /port "99999" is not between/],
    ['example.com:port/app', /port "port" is not a number/],
    ['example.com:/app', /no port behind "example.com:"/, /"example.com\/app"/],
    ['example.com./app', /each part of host "example.com."/, /"example.com\/app"/],
    ['fc00::1:5000/debian', /IPv6 address stands in brackets/, /\[ADDRESS\]:PORT/],
    ['[fe80::1%eth0]/app', /host "\[fe80::1%eth0\]" may hold only/],
    ['[::1]:5000', /no repository behind the host/, /HOST:PORT\/NAME/],
    [' https://Docker.io/Library/Nginx/:1+2', /white space/, /"Docker.io\/library\/nginx:1_2"/],
    ['x'.repeat(4097), /longer than 4096 characters/],
  ];
  for (const [text, why, hint] of cases) {
    const { message, context } = refusal(text);
    assert.match(message, why);
    if (hint === undefined) assert.equal(context.hint, undefined, text);
    else assert.match(context.hint ?? '', hint);
  }
});

test('a password in a reference is never shown', () => {
  const users = [
    'user:s3cret@',
    'https://user:s3cret@',
    's3cret@',
    'a:s3cret/x@',
    'a:s3cret @',
    'a:s3cret@b@',
  ];
  for (const user of users) {
    for (const rest of ['ghcr.io/a/b', `ghcr.io/a/b:1@${DIGEST}`, 'localhost:5000/App']) {
      const { message, context } = refusal(user + rest);
      assert.doesNotMatch(`${message} ${context.hint}`, /s3cret/);
      assert.match(context.hint ?? '', /reg login/);
    }
  }
  assert.doesNotMatch(refusal('user:s3cret@localhost').message, /s3cret/);
});

test('a digest decides what is pulled, and the tag stays a name', () => {
  const reference = parseReference(`nginx:1.27@${DIGEST}`);
  assert.equal(reference.tag, '1.27');
  assert.deepEqual(pullReference(reference), { domain: 'docker.io', path: 'library/nginx', digest: DIGEST });
});

const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,4}[a-zA-Z0-9])?$/);
const hostName = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const host = fc.oneof(hostName, fc.constantFrom('localhost', '[::1]', '[2001:db8::1]', '127.0.0.1'));
const domain = fc
  .tuple(host, fc.option(fc.integer({ min: 1, max: 65535 })))
  .map(([name, port]) => (port === null ? name : `${name}:${port}`));
const component = fc
  .tuple(
    alphanumeric,
    fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), alphanumeric), { maxLength: 3 }),
  )
  .map(([first, rest]) => first + rest.flat().join(''));
const reference: fc.Arbitrary<Reference> = fc.record(
  {
    domain,
    path: fc.array(component, { minLength: 1, maxLength: 4 }).map((components) => components.join('/')),
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
    digest: fc.constantFrom(DIGEST, parseDigest(`sha512:${HEX}${HEX}`)),
  },
  { requiredKeys: ['domain', 'path'], noNullPrototype: true },
);

test('a reference in its full form is read back as it was', () => {
  fc.assert(
    fc.property(reference, (value) => assert.deepEqual(parseReference(formatReference(value)), value)),
  );
});

function checkAnyText(text: string): void {
  try {
    const value = parseReference(text);
    assert.deepEqual(parseReference(formatReference(value)), value);
  } catch (error) {
    assert(error instanceof RegError, String(error));
    assert.equal(error.code, 'INVALID_REFERENCE');
    assert.doesNotMatch(error.message, /\p{Cc}/u);
  }
}

test('any text is either a reference or refused in one clean line', () => {
  const pieces = fc.constantFrom(
    'nginx',
    'Foo',
    'a.b',
    ':',
    '@',
    '/',
    '//',
    '.',
    '-',
    '_',
    '[',
    ']',
    DIGEST,
    '80',
    ' ',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
  );
  fc.assert(fc.property(texts, checkAnyText), { numRuns: 2000 });
});

test('long hostile texts come to an end', () => {
  const hostile = [
    '-',
    'a-',
    'a.',
    'a_',
    '__',
    '.',
    '/',
    'a/',
    ':',
    '@',
    'a:',
    'a@',
    'a://',
    'A',
    '[',
    '\u00e9',
    ' ',
  ];
  for (const unit of hostile) {
    const text = unit.repeat(4096 / unit.length);
    refusal(text);
    refusal(`x.y/${text}`.slice(0, 4096));
    refusal(`${text}!`.slice(-4096));
  }
});
