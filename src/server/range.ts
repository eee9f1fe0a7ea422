/** Ranges of bytes: of a download (RFC 9110, 14) and of a chunk of an upload (distribution-spec 1.1). */

/** Offsets of the first and the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header asks of `size` bytes. Undefined stands for all of them: there is not a valid header, or one that
 * may be ignored (another unit, several ranges, no syntax at all).
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : 'unsatisfiable';
}

/** The `Content-Range` of a chunk: `0-1023`, without the unit that RFC 9110 has. Undefined when it is malformed. */
export function parseContentRange(header: string): ByteRange | undefined {
  const [, first, last] = /^(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const range = { start: Number(first), end: Number(last) };
  return range.start <= range.end ? range : undefined;
}
