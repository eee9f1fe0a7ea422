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
