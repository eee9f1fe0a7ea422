/** What an error of Node or undici says of itself. */

export function codeOf(cause: unknown): string {
  // undici's parser loses its code on the way, or stumbles over a status that it thought impossible.
  if (cause instanceof Error && /^(HTTPParser|Assertion)Error$/.test(cause.name)) return 'HPE_';
  if (!(cause instanceof Error) || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}
