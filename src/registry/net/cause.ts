/** What an error of Node says of itself. */

export function codeOf(cause: unknown): string {
  if (!(cause instanceof Error) || !('code' in cause)) return '';
  // Node's HTTP says ECONNRESET also of a connection that was closed in order; the system itself names its call.
  if (cause.code === 'ECONNRESET' && !('syscall' in cause)) return 'EPIPE';
  return typeof cause.code === 'string' ? cause.code : '';
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}
