import assert from 'node:assert/strict';
import { test } from 'node:test';

import { coversScopes, formatScopes, scopesToAsk } from '../../../src/registry/auth/scope.js';

test('actions on one repository become one scope, the most important repository first', () => {
  assert.deepEqual(
    formatScopes([
      { repository: 'to', actions: ['push'] },
      { repository: 'from', actions: ['pull'] },
      { repository: 'to', actions: ['pull'] },
    ]),
    ['repository:to:pull,push', 'repository:from:pull'],
  );
});

test('only what is needed is asked for, whatever the challenge offers', () => {
  const needed = [{ repository: 'app', actions: ['pull'] }] as const;
  assert.deepEqual(scopesToAsk(needed, 'repository:other:pull,push,delete'), ['repository:app:pull']);
  assert.deepEqual(scopesToAsk(needed, undefined), ['repository:app:pull']);
  assert.deepEqual(scopesToAsk([], 'repository:user/image:pull'), []);
});

test('a registry whose scopes are of another kind gets what it says', () => {
  const needed = [{ repository: 'app', actions: ['pull'] }] as const;
  assert.deepEqual(scopesToAsk(needed, 'aws'), ['aws']);
  assert.deepEqual(scopesToAsk([], 'registry:catalog:*'), ['registry:catalog:*']);
});

test('a token covers the scopes that are within its own', () => {
  assert.ok(coversScopes(['repository:a:pull,push'], ['repository:a:pull']));
  assert.ok(coversScopes(['repository:a:pull'], []));
  assert.ok(!coversScopes(['repository:a:pull'], ['repository:a:pull,push']));
  assert.ok(!coversScopes(['repository:a:pull,push'], ['repository:b:pull']));
  assert.ok(!coversScopes([], ['aws']));
});
