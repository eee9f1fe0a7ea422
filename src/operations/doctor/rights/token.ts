/** What the token allows that we are given, and for how long. */

import { RegError } from '../../../errors.js';
import { bad, good, none, type Check } from '../check.js';
import { span } from '../../dates.js';
import type { RegistrySubject } from '../registry-subject.js';

export const token: Check<RegistrySubject> = {
  check: 'token',
  title: 'Token',
  needs: ['access'],
  async look({ survey, image, signal }) {
    const repository = image?.reference.path;
    const found = await survey.token(repository, signal);
    if (found === undefined) return none('none is needed');
    const { realm, lifeMs, scopes } = found;
    const life = lifeMs === undefined ? '' : `, good for ${span(lifeMs)}`;
    const facts = {
      realm: realm.origin + realm.pathname,
      scopes,
      seconds: lifeMs && Math.round(lifeMs / 1000),
    };
    if (scopes === undefined) return good(`from ${realm.host}${life}; only the registry can read it`, facts);
    const granted = scopes.filter((scope) => !scope.endsWith(':'));
    if (granted.length > 0) return good(`from ${realm.host}, for ${granted.join(' ')}${life}`, facts);
    if (repository === undefined) return good(`from ${realm.host}, for nothing in particular${life}`, facts);
    const hint = 'The repository may not exist, or the login does not reach it.';
    return bad(
      new RegError('DENIED', `from ${realm.host}: it does not allow to pull ${repository}`, { hint }),
      facts,
    );
  },
};
