/** Whether this machine and the registry agree on what time it is: certificates and tokens are good for a time. */

import { RegError } from '../../../errors.js';
import { bad, good, none, type Check } from '../check.js';
import { span } from '../../dates.js';
import type { RegistrySubject } from '../registry-subject.js';

/** AWS refuses signatures that are off by more (IAM User Guide); token services are no more patient. */
const MAX_MS = 5 * 60_000;

export const clock: Check<RegistrySubject> = {
  check: 'clock',
  title: 'Clock',
  needs: ['api'],
  async look({ greeting, wallTime }) {
    const { date } = await greeting();
    if (date === undefined) return none('the registry does not tell the time');
    // The answer came a moment ago, and the registry tells whole seconds.
    const offMs = wallTime() - date;
    const facts = { offSeconds: Math.round(offMs / 1000) };
    if (Math.abs(offMs) < 2000) return good('in step with the registry', facts);
    const text = `${span(Math.abs(offMs))} ${offMs < 0 ? 'behind' : 'before'} the registry`;
    if (Math.abs(offMs) <= MAX_MS) return good(text, facts);
    const hint = 'Set the clock of this machine: certificates and tokens look too old or too new to it.';
    return bad(new RegError('INVALID_CONFIG', text, { hint }), facts);
  },
};
