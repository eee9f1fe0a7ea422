import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exitCodeFor, reportError } from '../../src/cli/report-error.js';
import { RegError } from '../../src/errors.js';

test('An error is one line with what to do next', () => {
  const error = new RegError('NOT_FOUND', 'cannot pull nginx:x: manifest not found (404)', {
    hint: 'Check the tag.',
  });
  assert.equal(reportError(error), 'reg: cannot pull nginx:x: manifest not found (404). Check the tag.\n');
  assert.equal(reportError(new RegError('TIMEOUT', 'no answer')), 'reg: no answer\n');
  assert.equal(reportError(new RegError('TIMEOUT', 'Why?', { hint: 'So.' })), 'reg: Why? So.\n');
});

test('Control characters and line breaks do not get through, and 8 KiB are enough', () => {
  const error = new RegError('SERVER_ERROR', `\u001b]0;x\u0007one\ntwo\u202e${'é'.repeat(100_000)}`, {
    hint: 'a\r\nb',
  });
  const text = reportError(error);
  assert.equal(text.split('\n').length, 2);
  assert.doesNotMatch(text.trimEnd(), /\p{Cc}|\p{Cf}/u);
  assert.ok(Buffer.byteLength(text) <= 8 * 1024, `${Buffer.byteLength(text)} bytes`);
});

test('Secrets are taken out, of the stack too', () => {
  const cause = new Error('password hunter22 was refused');
  const error = new RegError('UNAUTHORIZED', 'refused hunter22', { hint: 'Not hunter22.', cause });
  const redact = (text: string): string => text.replaceAll('hunter22', '***');
  for (const options of [{ redact }, { redact, debug: true }, { redact, json: true }]) {
    const text = reportError(error, options);
    assert.doesNotMatch(text, /hunter22/);
    assert.match(text, /\*\*\*/);
  }
});

test('What nobody threw on purpose is a bug: exit code 1 and where to report it, the stack only on request', () => {
  const error = new TypeError('x is not a function');
  const text = reportError(error, { bugs: () => 'https://example.com/bugs' });
  assert.equal(exitCodeFor(error), 1);
  assert.match(
    text,
    /^reg: internal error: TypeError: x is not a function\. .*https:\/\/example\.com\/bugs.*\n$/,
  );
  assert.doesNotMatch(text, /\.ts:/);
  assert.match(reportError(error, { debug: true }), /report-error\.test\.ts:/);
  assert.match(reportError('just text'), /^reg: internal error: thrown: just text\. /);
});

test('A refusal of the operating system that nobody explained is the disk, not a bug', () => {
  const error = Object.assign(new Error("ENOSPC: no space left on device, write '/store/x'"), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  assert.equal(exitCodeFor(error), 8);
  // With no file left to open, looking up where bugs are reported would be the next failure.
  const bugs = (): string => assert.fail();
  assert.match(
    reportError(error, { bugs }),
    /^reg: ENOSPC: no space left on device, write '\/store\/x'\. Free some space/,
  );
});

test('For programs an error is a JSON object', () => {
  const error = new RegError('DENIED', 'no\u001b', {
    hint: 'Ask.',
    reference: 'docker.io/library/nginx:latest',
  });
  assert.deepEqual(JSON.parse(reportError(error, { json: true })), {
    type: 'error',
    code: 'DENIED',
    exitCode: 4,
    message: 'no',
    hint: 'Ask.',
    reference: 'docker.io/library/nginx:latest',
  });
});

test('With --debug the code and the causes are told, within bounds', () => {
  let error = new RegError('UNREACHABLE', 'deep');
  for (let depth = 0; depth < 100; depth++)
    error = new RegError('UNREACHABLE', `level ${depth}`, { cause: error });
  const lines = reportError(error, { debug: true }).trimEnd().split('\n');
  assert.match(lines[1] ?? '', /RegError \[UNREACHABLE\]: level 99/);
  assert.ok(lines.length <= 41, `${lines.length} lines`);
});
