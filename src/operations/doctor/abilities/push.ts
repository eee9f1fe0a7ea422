/** Whether images can be pushed there, and in what pieces: told only by an upload, which is begun and called off. */

import { good, type Check } from '../check.js';
import type { NamedSubject } from '../registry-subject.js';

export const push: Check<NamedSubject> = {
  check: 'push',
  title: 'Push',
  needs: ['access'],
  async look({ image, survey, signal }) {
    const { minPiece } = await survey.upload({ repository: image.reference.path, signal });
    const pieces = minPiece === 0 ? '' : `; pieces of a layer have at least ${minPiece} bytes`;
    return good(`an upload was begun, and called off${pieces}`, { minPiece });
  },
};
