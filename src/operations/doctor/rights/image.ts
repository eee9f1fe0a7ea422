/** Whether the image is there. */

import { explain } from '../../../errors.js';
import { shortDigest } from '../../../spec/digest.js';
import { isIndexType } from '../../../spec/media-type.js';
import { familiarName } from '../../../spec/reference.js';
import { good, type Check } from '../check.js';
import type { NamedSubject } from '../registry-subject.js';

export const image: Check<NamedSubject> = {
  check: 'image',
  title: 'Image',
  needs: ['access'],
  async look({ image: { reference, descriptor } }) {
    const name = familiarName(reference);
    try {
      const { digest, mediaType } = await descriptor();
      const kind = isIndexType(mediaType) ? 'an index of several images' : 'an image';
      return good(`${name} is ${shortDigest(digest)}, ${kind}`, { digest, mediaType });
    } catch (error) {
      throw explain(error, name);
    }
  },
};
