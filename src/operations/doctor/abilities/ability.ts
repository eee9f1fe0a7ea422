/** What a registry can do, and what it means when it cannot: nothing that is wrong. */

import type { Ability } from '../../../registry/survey/survey.js';
import { good, none, type Result } from '../check.js';

export function able(ability: Ability, { yes, no }: { readonly yes: string; readonly no: string }): Result {
  const facts = { ability };
  if (ability === 'yes') return good(yes, facts);
  return none(ability === 'no' ? no : 'not for this login, so it is not known', facts);
}
