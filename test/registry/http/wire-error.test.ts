import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RegError } from '../../../src/errors.js';
import type { Answer, Request } from '../../../src/registry/transport.js';
import { wireError } from '../../../src/registry/http/wire-error.js';
import { cleanText } from '../../../src/spec/text.js';

interface Reply {
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: Request['method'];
  readonly path?: string;
}

/** What an answer is turned into, and how many bytes of it were read. */
async function errorOf(
  status: number,
  reply: Reply = {},
): Promise<RegError & { readonly bytesRead: number }> {
  const { body = '', headers = {}, method = 'GET', path = '/v2/app/manifests/latest?sig=1' } = reply;
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  let bytesRead = 0;
  const answer: Answer = {
    status,
    url: new URL(path, 'https://registry.example'),
    header: (name) => headers[name],
    body: (async function* () {
      for (let at = 0; at < bytes.length; at += 1024) {
        bytesRead += 1024;
        yield bytes.subarray(at, at + 1024);
      }
    })(),
    read: () => assert.fail('not used'),
    discard: async () => {},
  };
  const error = await wireError(answer, { method, clean: cleanText });
  return Object.assign(error, { bytesRead });
}

function errors(...list: readonly (readonly [string, string])[]): object {
  return { errors: list.map(([code, message]) => ({ code, message })) };
}

for (const [status, code, uploadCode = code] of [
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [404, 'NOT_FOUND'],
  [405, 'UNSUPPORTED'],
  [408, 'TIMEOUT'],
  [413, 'PROTOCOL_ERROR', 'UPLOAD_REJECTED'],
  [415, 'UNSUPPORTED'],
  [416, 'PROTOCOL_ERROR', 'UPLOAD_REJECTED'],
  [418, 'PROTOCOL_ERROR', 'UPLOAD_REJECTED'],
  [429, 'RATE_LIMITED'],
  [500, 'SERVER_ERROR'],
  [501, 'UNSUPPORTED'],
  [503, 'SERVER_ERROR'],
  [599, 'SERVER_ERROR'],
  [204, 'PROTOCOL_ERROR'],
] as const) {
  test(`status ${status} is ${code}, for an upload ${uploadCode}`, async () => {
    assert.equal((await errorOf(status)).code, code);
    assert.equal((await errorOf(status, { method: 'PATCH' })).code, uploadCode);
  });
}

test('whatever the status, the error says what to do next', async () => {
  for (const status of [
    201, 204, 206, 300, 304, 400, 402, 403, 405, 406, 408, 409, 410, 418, 501, 507, 999,
  ]) {
    for (const method of ['GET', 'HEAD', 'PUT', 'POST'] as const) {
      const { hint = '' } = (await errorOf(status, { method })).context;
      assert.match(hint, /^[A-Z].+\.$/, `${method} ${status}`);
    }
  }
});

test('the message says who, what and why, and no more of the URL than its path', async () => {
  const error = await errorOf(404, { body: errors(['MANIFEST_UNKNOWN', 'manifest unknown']) });
  assert.equal(error.message, 'registry.example answered 404 Not Found: manifest unknown (MANIFEST_UNKNOWN)');
  assert.equal(error.context.url, 'https://registry.example/v2/app/manifests/latest');
  assert.equal(error.context.status, 404);
  assert.deepEqual(error.context.wireErrors, [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }]);
});

test('at most three errors are shown', async () => {
  const list = Array.from({ length: 200 }, (_, n) => [`CODE_${n}`, `message ${n}`] as const);
  const error = await errorOf(400, { body: errors(...list) });
  assert.match(
    error.message,
    /message 0 \(CODE_0\); message 1 \(CODE_1\); message 2 \(CODE_2\); and 197 more$/,
  );
  assert.equal(error.context.wireErrors?.length, 3);
});

test('what a server says cannot drive a terminal', async () => {
  const evil = '\u001b[2J\r\n\u202eevil\u0007';
  const replies = [
    errors([evil, evil]),
    { details: evil },
    evil,
    { errors: [{ code: 'X', message: {}, detail: evil }] },
  ];
  for (const body of replies) {
    const error = await errorOf(500, { body });
    const printed = `${error.message}${JSON.stringify(error.context)}`;
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(printed, /[\u0000-\u001f\u007f-\u009f\u202e]/);
    assert.match(error.message, /evil/);
  }
});

for (const [form, body, said] of [
  ['details', { details: 'incorrect username or password' }, ': incorrect username or password'],
  ['message', { message: 'no such thing' }, ': no such thing'],
  ['OAuth2', { error: 'invalid_grant', error_description: 'token expired' }, ': token expired'],
  ['plain text', 'Too Many Requests (HAP429).\n', ': Too Many Requests (HAP429).'],
  ['nothing', '', ''],
  ['bytes that are no text', '\u001f\ufffd\b\0\0compressed', ''],
  ['an empty list', { errors: [] }, ''],
  ['wrong types', { errors: [null, 1, 'x', { code: 5, message: [] }] }, ''],
  ['a detail only', { errors: [{ code: 'DENIED', detail: 'quota' }] }, ': quota (DENIED)'],
] as const) {
  test(`an error in the form of ${form} is read`, async () => {
    assert.equal((await errorOf(403, { body })).message, `registry.example answered 403 Forbidden${said}`);
  });
}

test('a web page is named, not printed', async () => {
  const page = `<!DOCTYPE html><html>${'<p>Sign in</p>'.repeat(300)}`;
  for (const headers of [{ 'content-type': 'text/html; charset=utf-8' }, {}]) {
    const error = await errorOf(404, { body: page, headers });
    assert.equal(
      error.message,
      'registry.example answered 404 Not Found with a web page, which is not a registry answer',
    );
  }
});

test('of an endless body only the first part is read', async () => {
  const error = await errorOf(500, { body: 'x'.repeat(1 << 20) });
  assert.equal(error.bytesRead, 64 * 1024);
  assert.ok(error.message.length < 300);
});

test('errors that do not fit into what is read are not shown as half a document', async () => {
  const errors = Array.from({ length: 2000 }, () => ({ code: 'DENIED', message: 'x'.repeat(50) }));
  const error = await errorOf(403, { body: { errors } });
  assert.equal(error.message, 'registry.example answered 403 Forbidden');
});

test('an answer to HEAD has no body to read', async () => {
  assert.equal((await errorOf(404, { method: 'HEAD', body: 'x' })).bytesRead, 0);
});

test('"not found" is recognised in disguise', async () => {
  for (const [code, message] of [
    ['UNKNOWN', 'artifact app:1 not found'],
    ['NAME_UNKNOWN', ''],
    ['BLOB_UNKNOWN', ''],
  ] as const) {
    assert.equal((await errorOf(400, { body: errors([code, message]) })).code, 'NOT_FOUND');
  }
  assert.equal((await errorOf(500, { body: errors(['UNKNOWN', 'unknown error']) })).code, 'SERVER_ERROR');
});

test('a manifest whose blobs are missing is INCOMPLETE, one for a fixed tag TAG_EXISTS', async () => {
  const put = { method: 'PUT' } as const;
  assert.equal(
    (await errorOf(400, { ...put, body: errors(['MANIFEST_BLOB_UNKNOWN', 'blob unknown']) })).code,
    'INCOMPLETE',
  );
  assert.equal(
    (await errorOf(404, { ...put, body: errors(['BLOB_UNKNOWN', 'blob unknown']) })).code,
    'INCOMPLETE',
  );
  assert.equal(
    (await errorOf(400, { ...put, body: errors(['TAG_INVALID', 'The tag is immutable']) })).code,
    'TAG_EXISTS',
  );
  const blob = { method: 'PUT', path: '/v2/app/blobs/uploads/1' } as const;
  assert.equal((await errorOf(404, { ...blob, body: errors(['BLOB_UNKNOWN', 'x']) })).code, 'NOT_FOUND');
});

test('Retry-After is passed on', async () => {
  assert.equal((await errorOf(429, { headers: { 'retry-after': '7' } })).context.retryAfterMs, 7000);
  assert.equal((await errorOf(429, { headers: { 'retry-after': '-7' } })).context.retryAfterMs, undefined);
});
