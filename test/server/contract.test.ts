import { systemClock } from '../../src/content/system-clock.js';
import { Registry } from '../../src/registry/registry.js';
import { contract } from '../contract/suite.js';
import { plainTransport } from '../support/plain-transport.js';
import { startRegistry } from './registry.js';

contract('the registry client against the server', async (scope) => {
  const { host } = await startRegistry(scope);
  const transport = plainTransport(scope, host);
  return new Registry({ host, repository: 'app', transport, clock: systemClock });
});
