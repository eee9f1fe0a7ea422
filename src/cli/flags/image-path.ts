/**
 * An image and files in it, as arguments name them:
 *
 *     nginx:1.27 /etc/hosts /etc/passwd
 *     nginx:1.27:/etc/hosts                 no tag begins with a slash
 *     oci:/srv/images:1.0:/etc/hosts        nor is what stands before it a kind of place alone, or a drive
 */

export interface ImagePath {
  /** A place. */
  readonly image: string;
  readonly paths: readonly string[];
}

/** Up to the last colon with a slash behind it, but not with two: that is a URL, which is no image. */
const JOINED = /^(.+):(\/(?!\/).*)$/s;
const NO_IMAGE = /^(?:store|docker-daemon|(?:oci|oci-archive|docker-archive)(?::[A-Za-z])?|[A-Za-z])$/;

export function splitImagePath(args: readonly string[]): ImagePath {
  const [first = '', ...paths] = args;
  const [, image = '', path = ''] = paths.length === 0 ? (JOINED.exec(first) ?? []) : [];
  if (image === '' || NO_IMAGE.test(image)) return { image: first, paths };
  return { image, paths: [path] };
}
