/**
 * The one error class, the closed set of its codes, and what each code means for a caller: which exit code
 * it ends with and whether trying again may help.
 */

/** Every code, with the exit code of the command line that it leads to. */
const EXIT_CODES = {
  INVALID_REFERENCE: 2,
  INVALID_DIGEST: 2,
  INVALID_PLATFORM: 2,
  INVALID_ARGUMENT: 2,
  INVALID_CONFIG: 2,
  NOT_FOUND: 3,
  PLATFORM_NOT_FOUND: 3,
  UNAUTHORIZED: 4,
  DENIED: 4,
  CREDENTIALS_UNAVAILABLE: 4,
  UNREACHABLE: 5,
  TIMEOUT: 5,
  RATE_LIMITED: 5,
  SERVER_ERROR: 5,
  TLS_ERROR: 5,
  DIGEST_MISMATCH: 6,
  SIZE_MISMATCH: 6,
  INVALID_MANIFEST: 6,
  TOO_LARGE: 6,
  UNSAFE_ARCHIVE: 6,
  UNSUPPORTED: 7,
  PROTOCOL_ERROR: 7,
  UPLOAD_REJECTED: 7,
  TAG_EXISTS: 7,
  INCOMPLETE: 7,
  STORE_CORRUPT: 8,
  STORE_LOCKED: 8,
  DISK_FULL: 8,
  DISK_ERROR: 8,
  DIFFERENT: 9,
  ABORTED: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** The codes that a later try of the same request may turn into success. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['UNREACHABLE', 'TIMEOUT', 'RATE_LIMITED', 'SERVER_ERROR']);

/** One entry of a registry's own error reply (distribution-spec 1.1, "Error Codes"), already made safe to print. */
export interface WireError {
  readonly code: string;
  readonly message: string;
}

/** What is known about where an error happened; all of it is safe to print. */
export interface ErrorContext {
  /** What the person can do about it: a full sentence or two. */
  readonly hint?: string;
  readonly reference?: string;
  readonly digest?: string;
  /** Scheme, host and path only: queries may carry signatures. */
  readonly url?: string;
  /** HTTP status. */
  readonly status?: number;
  readonly wireErrors?: readonly WireError[];
  readonly side?: 'source' | 'destination';
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** True where trying again will not help although the code says that it may: a host name with a typing error. */
  readonly permanent?: boolean;
  readonly cause?: unknown;
}

/**
 * The only error that `reg` throws on purpose. `message` says what, where and why in one line without a full
 * stop; `context.hint` says what to do next.
 */
export class RegError extends Error {
  override readonly name = 'RegError';
  readonly code: ErrorCode;
  readonly context: Omit<ErrorContext, 'cause'>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    const { cause, ...rest } = context;
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.context = rest;
  }
}

/** Whether the same request, sent again later, may succeed. */
export function isRetryable(error: unknown): error is RegError {
  return error instanceof RegError && RETRYABLE.has(error.code) && error.context.permanent !== true;
}

/** Whether `error` is a RegError of one of `codes`. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is RegError {
  return error instanceof RegError && codes.includes(error.code);
}

/** The exit code of the command line for `error`; 1, a bug, for whatever is no RegError. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RegError ? EXIT_CODES[error.code] : 1;
}

/** A copy of `error` with `prefix` before its message, and with what `context` adds where it knew nothing. */
export function explain(error: unknown, prefix: string, context: ErrorContext = {}): unknown {
  if (!(error instanceof RegError) || error.code === 'ABORTED') return error;
  return new RegError(error.code, `${prefix}: ${error.message}`, {
    ...context,
    ...error.context,
    cause: error,
  });
}

/** `explain` for a promise: `task().catch(explaining('cannot do it'))`. */
export function explaining(prefix: string, context?: ErrorContext): (error: unknown) => never {
  return (error) => {
    throw explain(error, prefix, context);
  };
}
