/** What of an image could not be kept, in words. */

import type { Losses } from '../../rootfs/losses.js';
import { cleanText, listTexts } from '../../spec/text.js';

/** Most paths that a line names. */
const MAX_NAMED = 5;

/** A line for what nobody but root can do, and one for what Node can't. */
export function describeLosses({ owners, setIds, devices, twins, xattrs }: Losses): readonly string[] {
  const forRoot = [
    ...(owners > 0 ? [`${count(owners, 'file')} belong to you instead of the owners in the image`] : []),
    ...(setIds > 0 ? [`${setIds} of them without setuid or setgid`] : []),
    ...(devices.length > 0 ? [`left out: ${named(devices)}`] : []),
  ];
  const attributes = xattrs.map(({ path, names }) => `${cleanText(path)} (${cleanText(names.join(' '))})`);
  return [
    ...(forRoot.length > 0 ? [`not all can be kept here: ${forRoot.join(', ')}`] : []),
    ...(twins.length > 0
      ? [`left out, as this disk takes their names for others that are there: ${named(twins)}`]
      : []),
    ...(xattrs.length > 0 ? [`extended attributes can't be set, and are missing: ${named(attributes)}`] : []),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function named(items: readonly string[]): string {
  return listTexts(
    items.map((item) => cleanText(item)),
    MAX_NAMED,
  );
}
