import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { bareEnvironment, startChild, typescriptCommand } from '../support/child.js';
import type { Scope } from '../support/temp.js';

const ALLOCATOR = fileURLToPath(new URL('allocator.ts', import.meta.url));

test('a process that has many requests under way keeps no more memory for what lives for a moment', async (t) => {
  const [limited, free] = [await youngBytes(t, 'limited'), await youngBytes(t, 'free')];
  assert.ok(limited < free, `${limited} of ${free} bytes`);
});

async function youngBytes(scope: Scope, kind: 'limited' | 'free'): Promise<number> {
  const child = await startChild(scope, typescriptCommand(ALLOCATOR, kind), { env: bareEnvironment() });
  const { code, stdout, stderr } = await child.ended;
  assert.equal(code, 0, stderr);
  return Number(stdout);
}
