/** Keys of annotations that several parts read or write (image-spec 1.1, annotations.md). */

/** When an image or artifact was made, in RFC 3339. */
export const CREATED = 'org.opencontainers.image.created';
