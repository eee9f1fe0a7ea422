/** Whether the registry is who it says: its certificate, who vouches for it, and for how long. */

import { hasCode, RegError } from '../../../errors.js';
import type { Certificate } from '../../../registry/survey/certificate.js';
import { listTexts } from '../../../spec/text.js';
import { bad, good, none, type Check } from '../check.js';
import { days, formatDate } from '../../dates.js';
import type { RegistrySubject } from '../registry-subject.js';

/** Time in which a certificate is usually renewed; what lives less was forgotten. */
const SOON_MS = 14 * 86_400_000;
const MAX_NAMES = 3;

export const certificate: Check<RegistrySubject> = {
  check: 'certificate',
  title: 'Certificate',
  needs: ['connection'],
  async look({ survey: { way }, wallTime }) {
    const base = await way.base();
    if (base.protocol !== 'https:')
      return none('none: it speaks plain http, which others on the way can read');
    const isChecked = await way.isChecked();
    try {
      const shown = await way.certificate({ checked: true });
      if (shown === undefined) return none('none is shown');
      const text = describe(shown, wallTime());
      if (!isChecked)
        return none(
          `${text}; not checked`,
          factsOf(shown),
          'Anybody could pass for it: leave --insecure out.',
        );
      const isOld = shown.validTo - wallTime() < SOON_MS;
      return good(
        text,
        factsOf(shown),
        isOld ? 'It ends soon: whoever runs the registry should renew it.' : undefined,
      );
    } catch (error) {
      if (!hasCode(error, 'TLS_ERROR')) throw error;
      return bad(await withDates(error, { way, now: wallTime() }));
    }
  },
};

/** What is shown, even where it is not to be trusted, says most about why. */
async function withDates(
  fault: RegError,
  { way, now }: { readonly way: RegistrySubject['survey']['way']; readonly now: number },
): Promise<RegError> {
  const shown = await way.certificate({ checked: false }).catch(() => undefined);
  if (shown === undefined) return fault;
  return new RegError(fault.code, `${fault.message} (${describe(shown, now)})`, fault.context);
}

function describe({ protocol, names, issuers, validTo }: Certificate, now: number): string {
  const end = `${now > validTo ? 'ended' : 'good until'} ${formatDate(validTo)} (${days(validTo - now)})`;
  return `for ${listTexts(names, MAX_NAMES)}, by ${issuers[0] ?? 'nobody'}, ${end}, ${protocol}`;
}

function factsOf({ validFrom, validTo, ...rest }: Certificate): Record<string, unknown> {
  return { ...rest, validFrom: new Date(validFrom).toISOString(), validTo: new Date(validTo).toISOString() };
}
