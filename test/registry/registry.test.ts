import { createClient } from '../../src/registry/client.js';
import type { Registry } from '../../src/registry/registry.js';
import { contract } from '../contract/suite.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { instantClock } from '../support/instant-clock.js';
import { needs } from '../support/programs.js';
import { startScriptedRegistry } from '../support/scripted-registry.js';
import type { Scope } from '../support/temp.js';

function open(scope: Scope, host: string): Registry {
  const client = createClient({ clock: instantClock() });
  scope.after(() => client.close());
  return client.repository(host, 'some/app');
}

contract('a registry in memory', async (t) => open(t, (await startScriptedRegistry(t)).host));

contract(
  'docker-registry',
  async (t) => open(t, (await startDockerRegistry(t)).host),
  needs('docker-registry'),
);
