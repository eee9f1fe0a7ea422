/** Credentials, wherever they are kept. */

/** A user, as registries and token services know one. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What opens a registry; the same shape as `registry/` asks for. */
export type Credential =
  | Login
  /** A refresh token for the registry's token service, with what is left where that knows none. */
  | ({ readonly identityToken: string } & Partial<Login>)
  /** A bearer token that is ready to use. */
  | { readonly registryToken: string };

/** Whether a login holds no control characters, but for line breaks in passwords: Google's are a whole JSON file. */
export function isPlain({ username, password }: Login): boolean {
  return !/\p{Cc}/u.test(username + password.replace(/[\t\r\n]/g, ''));
}
