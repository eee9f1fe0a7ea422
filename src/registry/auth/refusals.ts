/** What is said where a registry or its token service lets nobody in, and what the person can do about it. */

import { RegError } from '../../errors.js';
import { DOCKER_HUB } from '../../spec/docker-hub.js';

/** A challenge that nobody could meet; `schemes` are what it asks for, safe to print. */
export function unusableChallenge(host: string, schemes: readonly string[]): RegError {
  const asks = schemes.length === 0 ? '' : `: it wants a login by ${schemes.slice(0, 3).join(', ')}`;
  return new RegError('UNAUTHORIZED', `${host} answered 401 without a usable challenge${asks}`, {
    hint: 'Is it a registry? Registries use Basic or Bearer authentication.',
  });
}

/** `origin`, which may be another name of `host`, wants a login and there is none. */
export function loginNeeded(host: string, origin: string): RegError {
  const message = `${origin} requires a username and password`;
  return new RegError('UNAUTHORIZED', message, { hint: `Run ${loginCommand(host)}.` });
}

/** The token service `realm` may not see the password; `cause` is what it said to somebody without one. */
export function strangerError(host: string, realm: string, cause?: RegError): RegError {
  const why = cause === undefined ? '' : `: ${cause.message}`;
  const message = `${realm} wants the password for ${host}, and is not known to belong to it${why}`;
  return new RegError('UNAUTHORIZED', message, {
    ...cause?.context,
    hint: `If you trust it with that, run ${loginCommand(host)}, or add --auth-host ${realm}.`,
    cause,
  });
}

/** `error`, UNAUTHORIZED or DENIED, with what can be done by who was anonymous, or was known. */
export function refused(
  error: RegError,
  { host, isAnonymous }: { readonly host: string; readonly isAnonymous: boolean },
): RegError {
  const logIn = `Run ${loginCommand(host)}.`;
  const isDenied = error.code === 'DENIED';
  const known = isDenied
    ? `The login for ${host} does not allow it.`
    : `The login for ${host} was not accepted. ${logIn}`;
  const anonymous = isDenied ? `The repository may not exist, or may require a login. ${logIn}` : logIn;
  const hint = isAnonymous ? anonymous : known;
  return new RegError(error.code, error.message, { ...error.context, hint, cause: error });
}

/** Said before a pull goes on without the login that `why` kept back. */
export function goingOnAnonymously({ message, context: { hint } }: RegError): string {
  return `${message}: going on without a login. ${hint ?? ''}`;
}

function loginCommand(host: string): string {
  return `"reg login${host === DOCKER_HUB ? '' : ` ${host}`}"`;
}
