/** What opens a registry. */

export type Credential = (
  | { readonly username: string; readonly password: string }
  /** A refresh token; the password, if any, is for token services that know no refresh tokens. */
  | {
      readonly identityToken: string;
      readonly username?: string | undefined;
      readonly password?: string | undefined;
    }
  /** A bearer token for the registry itself. */
  | { readonly registryToken: string }
) & {
  /** How long it is good from now on, in milliseconds; then another one is looked up. Default: always. */
  readonly lifeMs?: number | undefined;
};

/**
 * The credential for a repository on a host, both named as in a reference; without a repository the one for the host as
 * a whole; undefined when there is none. Throws CREDENTIALS_UNAVAILABLE when it cannot be had: then what may do without
 * one, a pull, is tried without.
 */
export type CredentialLookup = (
  host: string,
  repository: string | undefined,
) => Promise<Credential | undefined>;

/** The value of an Authorization header (RFC 7617); undefined for a credential without a password. */
export function formatBasic(credential: Credential): string | undefined {
  if (!('password' in credential) || credential.password === undefined || credential.password === '')
    return undefined;
  return `Basic ${Buffer.from(`${credential.username ?? ''}:${credential.password}`).toString('base64')}`;
}

/** All that must never be printed of a credential. */
export function secretsOf(credential: Credential): readonly string[] {
  if ('registryToken' in credential) return [credential.registryToken];
  const { username = '', password = '' } = credential;
  const secrets = [password, `${username}:${password}`];
  return 'identityToken' in credential ? [credential.identityToken, ...secrets] : secrets;
}
