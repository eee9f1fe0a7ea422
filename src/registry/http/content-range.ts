/** The two dialects of byte ranges: HTTP's for downloads (RFC 9110, 14.4), the distribution-spec's for uploads. */

/** Both ends are inclusive; `total` is absent where the server does not know it. */
interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly total?: number;
}

const DOWNLOAD = /^bytes (\d{1,16})-(\d{1,16})\/(?:(\d{1,16})|\*)$/i;
const UPLOAD = /^(?:bytes=)?0-(\d{1,16})$/;

/** Reads `bytes 5-9/10`; undefined for whatever is not exactly that. */
export function parseContentRange(header: string): ContentRange | undefined {
  const [, first, last, all] = DOWNLOAD.exec(header.trim()) ?? [];
  const range = {
    start: Number(first),
    end: Number(last),
    ...(all === undefined ? {} : { total: Number(all) }),
  };
  return Object.values(range).every(Number.isSafeInteger) && range.start <= range.end ? range : undefined;
}

/** The bytes from `from` up to but without `to`, of `size` in all. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** The `Range` header that asks for a stretch; one that goes on to the end is asked for without its end. */
export function formatRange({ from, to, size }: Stretch): string {
  return `bytes=${from}-${to < size ? to - 1 : ''}`;
}

/** Whether `header`, a `Content-Range`, says that the answer is this very stretch and nothing else. */
export function isStretch(header: string | undefined, { from, to, size }: Stretch): boolean {
  const range = header === undefined ? undefined : parseContentRange(header);
  if (range === undefined) return false;
  return range.start === from && range.end === to - 1 && (range.total ?? size) === size;
}

/**
 * The bytes from `start` up to but without `end`, as an upload's `Content-Range` (distribution-spec 1.1, "Pushing a blob in
 * chunks").
 */
export function formatUploadRange(start: number, end: number): string {
  return `${start}-${end - 1}`;
}

/**
 * Number of bytes that an upload session says it holds by `Range: 0-99`. Undefined where it does not say, and for
 * `0-0`, by which distribution means no byte as well as one.
 */
export function parseUploadRange(header: string | undefined): number | undefined {
  const last = Number(UPLOAD.exec(header?.trim() ?? '')?.[1]);
  return Number.isSafeInteger(last) && last > 0 ? last + 1 : undefined;
}

/** Reads `Content-Length`; undefined where it is missing or no safe integer. */
export function parseLength(header: string | undefined): number | undefined {
  const length = /^\d{1,16}$/.test(header ?? '') ? Number(header) : undefined;
  return Number.isSafeInteger(length) ? length : undefined;
}
