/** What opens a registry; the same shape as `registry/` asks for. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** A refresh token for the registry's token service. */
  | { readonly identityToken: string }
  /** A bearer token that is ready to use. */
  | { readonly registryToken: string };
