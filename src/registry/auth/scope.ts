/** Token scopes: what a token is asked to allow (distribution, docs/spec/auth/scope.md). */

import type { Scope } from '../transport.js';

const ACTIONS = ['pull', 'push', 'delete', '*'] as const;

/**
 * `scopes` as the token service wants them: one for each repository, since GitLab heeds only one of two for the same
 * (kaniko#181), the most important first, since some services read no other.
 */
export function formatScopes(scopes: readonly Scope[]): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const known = actions.get(scope.repository) ?? new Set();
    scope.actions.forEach((action) => known.add(action));
    actions.set(scope.repository, known);
  }
  return [...actions].map(
    ([repository, wanted]) =>
      `repository:${repository}:${ACTIONS.filter((action) => wanted.has(action)).join(',')}`,
  );
}

/**
 * The scopes to ask for: those that are needed, whatever the challenge offers. Only a registry whose challenge is of
 * another form than any repository's gets what it says (public.ecr.aws: `aws`, helm#12491).
 */
export function scopesToAsk(needed: readonly Scope[], offered: string | undefined): readonly string[] {
  const words = (offered ?? '').split(' ').filter((word) => /^[\x21-\x7e]{1,256}$/.test(word));
  const isUnusual = words.length > 0 && !words.some((word) => /^repository(\([^)]*\))?:/.test(word));
  return isUnusual ? words.slice(0, 4) : formatScopes(needed);
}

/** Whether nothing but reading is wanted, and that is wanted. */
export function isPull(scopes: readonly Scope[]): boolean {
  return scopes.length > 0 && scopes.every(({ actions }) => actions.every((action) => action === 'pull'));
}

/** Whether a token with the scopes `granted` allows all that a token with `needed` would. */
export function coversScopes(granted: readonly string[], needed: readonly string[]): boolean {
  return needed.every((scope) => granted.some((wider) => coversScope(wider, scope)));
}

function coversScope(wider: string, scope: string): boolean {
  if (wider === scope) return true;
  const [resource, actions] = splitActions(wider);
  const [wanted, needed] = splitActions(scope);
  return resource === wanted && needed.every((action) => actions.includes(action));
}

function splitActions(scope: string): readonly [string, readonly string[]] {
  const at = scope.lastIndexOf(':');
  return [scope.slice(0, at), scope.slice(at + 1).split(',')];
}
