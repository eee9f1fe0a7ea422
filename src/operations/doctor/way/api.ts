/** Whether it is a registry, and what it asks of those who come. */

import { RegError } from '../../../errors.js';
import type { Greeting } from '../../../registry/survey/survey.js';
import { cleanText, quoteText } from '../../../spec/text.js';
import { bad, good, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const api: Check<RegistrySubject> = {
  check: 'api',
  title: 'Registry',
  needs: ['certificate'],
  async look({ host, greeting }) {
    const found = await greeting();
    const { status, challenges, isRegistry } = found;
    const facts = { status, challenges };
    if (isRegistry) return good(`answers ${status} to /v2/: ${wish(found)}`, facts);
    const code = status >= 500 ? 'SERVER_ERROR' : 'PROTOCOL_ERROR';
    const hint =
      status >= 500
        ? 'This is a problem of the server: try again later.'
        : `Is ${host} the right host, and a registry?`;
    return bad(
      new RegError(code, `answers ${status} to /v2/, where registries answer 200 or 401`, { hint }),
      facts,
    );
  },
};

function wish({ status, challenges }: Greeting): string {
  if (status === 200) return 'open to everybody';
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer !== undefined) {
    const service = bearer.service === undefined ? '' : ` (service ${quoteText(bearer.service, 60)})`;
    return `wants a token from ${cleanText(bearer.realm ?? 'nowhere')}${service}`;
  }
  const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
  return isBasic
    ? 'requires a username and password'
    : `wants a login by ${challenges.map(({ scheme }) => cleanText(scheme, 20)).join(', ')}`;
}
