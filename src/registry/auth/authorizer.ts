/**
 * Decides what a registry is shown of our credentials. Nothing before it asks; then a password or a token, and the
 * same again with later requests, so that each host asks once.
 *
 *     401 ──challenge──▶ Basic: the password
 *                        Bearer: a token from the realm ──▶ cache ──▶ later requests
 */

import type { Clock } from '../../content/retry.js';
import { hasCode, RegError } from '../../errors.js';
import { untilAborted } from '../../content/abort.js';
import type { Grant } from '../http/redirect.js';
import type { Scope } from '../transport.js';
import { parseChallenges } from './challenge.js';
import { scopesIn } from './claims.js';
import { CredentialCache } from './credential-cache.js';
import { formatBasic, secretsOf, type Credential, type CredentialLookup } from './credential.js';
import { readBearer, type Bearer, type Known } from './known-challenge.js';
import { obtainToken, type ObtainOptions } from './obtain-token.js';
import { belongsTogether } from './realm.js';
import { Remembered, type ChallengeMemory } from './remembered.js';
import { goingOnAnonymously, loginNeeded, refused, strangerError, unusableChallenge } from './refusals.js';
import { isPull } from './scope.js';
import { TokenCache } from './token-cache.js';
import type { Refusal, TokenFacts, Wish } from './wish.js';

export interface AuthorizerOptions extends Omit<ObtainOptions, 'tokens'> {
  /** As in a reference: credentials are looked up by it, never by who answered. */
  readonly host: string;
  readonly credentials: CredentialLookup | undefined;
  /** Whether the person has agreed that the password for `registry` goes to the token service `realm`, a host. */
  readonly authHosts: ((registry: string, realm: string) => boolean | Promise<boolean>) | undefined;
  readonly memory: ChallengeMemory | undefined;
  /** Told that the registry will be asked as soon as a token has come. */
  readonly onTokenAhead: (base: URL) => void;
  readonly clock: Clock;
  /** Says a thing once, however often it is told. */
  readonly warn: (message: string) => void;
}

export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens: TokenCache;
  readonly #remembered: Remembered;
  #challenge: Known | undefined;
  readonly #credentials: CredentialCache;
  /** Why we go on without a credential although there may be one. */
  #unavailable: RegError | undefined;
  /** A token service that may not see the password. */
  #stranger: string | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#tokens = new TokenCache(options.clock);
    const { clock, credentials, host, memory, clean, redactor } = options;
    this.#remembered = new Remembered(memory, clean);
    this.#credentials = new CredentialCache(clock, async (repository) => {
      const credential = await credentials?.(host, repository);
      if (credential !== undefined) secretsOf(credential).forEach((secret) => redactor.add(secret));
      return credential;
    });
  }

  /** What to send along without being asked: nothing, until the host has asked once, if in an earlier run. Throws as `meet`. */
  async grant(wish: Wish): Promise<Grant | undefined> {
    if (this.#challenge !== undefined) return this.#meet(this.#challenge, wish);
    const remembered = await this.#remembered.take(wish.base);
    return remembered === undefined ? undefined : this.#tryRemembered(remembered, wish);
  }

  async #tryRemembered(remembered: Bearer, wish: Wish): Promise<Grant | undefined> {
    try {
      const credential = await this.#credentialFor(wish);
      // The registry may take the password itself; that only it can say.
      if (credential !== undefined && !(await this.#mayTrust(remembered.realm, wish.base))) return undefined;
      this.#options.onTokenAhead(wish.base);
      const grant = await this.#meet(remembered, wish);
      this.#challenge ??= remembered;
      return grant;
    } catch (error) {
      if (hasCode(error, 'ABORTED')) throw error;
      this.#remembered.drop(remembered, wish.base, error);
      return undefined;
    }
  }

  /**
   * What to send along after `refused` was answered with these challenges. Throws UNAUTHORIZED when there is no way
   * to meet them, CREDENTIALS_UNAVAILABLE when the credential cannot be had, or only be sent in clear text, and what the
   * realm throws.
   */
  async meet(
    header: string | undefined,
    wish: Wish & { readonly refused: Grant | undefined },
  ): Promise<Grant> {
    const token = tokenIn(wish.refused);
    if (token !== undefined) await this.#tokens.forget(token);
    this.#challenge = (await this.#choose(header, wish)) ?? this.#challenge;
    const challenge = this.#challenge;
    if (challenge === undefined) throw this.#unusable(header);
    if (challenge.scheme === 'bearer') this.#remembered.refuseAgain(challenge);
    const grant = await this.#meet(challenge, wish);
    if (grant !== undefined && challenge.scheme === 'bearer') this.#remembered.note(challenge, wish.base);
    if (grant !== undefined) return grant;
    throw this.#unavailable ?? loginNeeded(this.#options.host, wish.base.host);
  }

  /** The token for a wish, without itself; undefined where the registry wants none. Throws as `meet`. */
  async describe(wish: Wish): Promise<TokenFacts | undefined> {
    const challenge = this.#challenge;
    const token = tokenIn(await this.grant(wish));
    if (challenge?.scheme !== 'bearer' || token === undefined) return undefined;
    const { realm, service } = challenge;
    return { realm, service, lifeMs: await this.#tokens.lifeOf(token), scopes: scopesIn(token) };
  }

  /** `error` of a request that was refused for good, with what the person can do about it. */
  async explain(error: RegError, { challenge = '', scopes }: Refusal): Promise<RegError> {
    const { host } = this.#options;
    const isScope = parseChallenges(challenge).some(
      ({ params }) => params.get('error') === 'insufficient_scope',
    );
    if (this.#stranger !== undefined) return strangerError(host, this.#stranger, error);
    if (this.#unavailable !== undefined) return this.#unavailable;
    const isAnonymous = (await this.#credentials.known(mainRepository(scopes))) === undefined;
    const told = isScope ? new RegError('DENIED', error.message, error.context) : error;
    return refused(told, { host, isAnonymous });
  }

  /** Throws UNAUTHORIZED when there is a password that the token service may not see, so that nobody checked it. */
  refuseStranger(): void {
    if (this.#stranger !== undefined) throw strangerError(this.#options.host, this.#stranger);
  }

  async #meet(challenge: Known, wish: Wish): Promise<Grant | undefined> {
    const credential = await untilAborted(this.#credentialFor(wish), wish.signal);
    const owned = { owner: wish.base, plainHttpAuth: this.#options.plainHttpAuth };
    if (challenge.scheme === 'basic') {
      const authorization = credential === undefined ? undefined : formatBasic(credential);
      return authorization === undefined ? undefined : { ...owned, authorization, secret: true };
    }
    if (credential !== undefined && 'registryToken' in credential) {
      return { ...owned, authorization: `Bearer ${credential.registryToken}`, secret: true };
    }
    if (this.#unavailable !== undefined) this.#options.warn(goingOnAnonymously(this.#unavailable));
    const trusted = await this.#trusts(challenge.realm, wish.base, credential);
    const obtaining = obtainToken(
      { ...wish, challenge, credential: trusted ? credential : undefined },
      { ...this.#options, tokens: this.#tokens },
    );
    const token = await untilAborted(obtaining, wish.signal).catch((error) =>
      this.#explainRefusal(error, wish),
    );
    return { ...owned, authorization: `Bearer ${token}`, secret: trusted && credential !== undefined };
  }

  async #explainRefusal(error: unknown, { scopes }: Wish): Promise<never> {
    throw hasCode(error, 'UNAUTHORIZED', 'DENIED') ? await this.explain(error, { scopes }) : error;
  }

  /** Bearer where it is offered; but the password goes to the registry rather than to a realm that may not see it. */
  async #choose(header: string | undefined, wish: Wish): Promise<Known | undefined> {
    const { base } = wish;
    const challenges = parseChallenges(header ?? '');
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer === undefined) return basic === undefined ? undefined : { scheme: 'basic' };
    const known = readBearer(bearer, { base, clean: this.#options.clean });
    const credential = basic === undefined ? undefined : await this.#credentialFor(wish);
    if (credential === undefined || formatBasic(credential) === undefined) return known;
    return (await this.#mayTrust(known.realm, base)) ? known : { scheme: 'basic' };
  }

  async #trusts(realm: URL, base: URL, credential: Credential | undefined): Promise<boolean> {
    const isTrusted = credential !== undefined && (await this.#mayTrust(realm, base));
    this.#stranger = credential === undefined || isTrusted ? undefined : realm.host;
    return isTrusted;
  }

  async #mayTrust(realm: URL, base: URL): Promise<boolean> {
    const { host, authHosts } = this.#options;
    return (await belongsTogether(realm, base)) || (await authHosts?.(host, realm.host)) === true;
  }

  /** Undefined where there is none; and for a pull, which may do without, also where it cannot be had. */
  async #credentialFor({ scopes }: Wish): Promise<Credential | undefined> {
    try {
      return await this.#credentials.get(mainRepository(scopes));
    } catch (error) {
      if (!hasCode(error, 'CREDENTIALS_UNAVAILABLE') || !isPull(scopes)) throw error;
      this.#unavailable = error;
      return undefined;
    }
  }

  #unusable(header: string | undefined): RegError {
    const { host, clean } = this.#options;
    const schemes = parseChallenges(header ?? '').map(({ scheme }) => clean(scheme));
    return unusableChallenge(host, schemes);
  }
}

/** The repository whose credential is shown: the other one of a mount is asked for with the same token. */
function mainRepository([scope]: readonly Scope[]): string | undefined {
  return scope?.repository;
}

function tokenIn(grant: Grant | undefined): string | undefined {
  return /^Bearer (.*)$/.exec(grant?.authorization ?? '')?.[1];
}
