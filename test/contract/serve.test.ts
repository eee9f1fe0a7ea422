import { systemClock } from '../../src/content/system-clock.js';
import { createClient } from '../../src/registry/client.js';
import { createPerson } from '../support/person.js';
import { startServe } from '../support/serve.js';
import { contract } from './suite.js';

contract('reg serve', async (t) => {
  const { host } = await startServe(t, await createPerson(t));
  const client = createClient({ clock: systemClock });
  t.after(() => client.close());
  return client.repository(host, 'some/app');
});
