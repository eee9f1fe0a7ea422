/** Says what is wrong with a template, and where in it. */

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

/** How much of the template is shown, from the place on. */
const SHOWN = 30;

/** Makes the error of one template: `at` is the offset in it. */
export type Fault = (at: number, reason: string, hint?: string) => RegError;

/** Makes the error of one call in it. */
export type CallFault = (reason: string, hint?: string) => RegError;

export function faultsOf(template: string): Fault {
  return (at, reason, hint) => {
    const where =
      at >= template.length
        ? 'at its end'
        : `at character ${at + 1}: ${quoteText(template.slice(at, at + SHOWN))}`;
    return new RegError(
      'INVALID_ARGUMENT',
      `invalid --format: ${reason}, ${where}`,
      hint === undefined ? {} : { hint },
    );
  };
}
