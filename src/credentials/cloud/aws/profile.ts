/**
 * Keys by a profile in the files of `aws configure`: `AWS_PROFILE`, else `default`.
 *
 *     profile ── aws_access_key_id ─────────────────────────────────▶ keys
 *        ├────── role_arn, source_profile ── keys ── AssumeRole ────▶ keys of the role
 *        ├────── role_arn, web_identity_token_file ─────────────────▶ keys of the role
 *        └────── sso_account_id … ── token of `aws sso login` ──────▶ keys of the role
 *
 * A `credential_process` is not run: no program is that nobody told `reg` to run.
 */

import { quoteText } from '../../../spec/text.js';
import { unavailable } from '../ask.js';
import { readAwsFiles, type AwsFiles, type AwsSettings } from './files.js';
import type { EcrRegistry } from './registry.js';
import type { FoundKeys } from './reply.js';
import { assumeRole, assumeRoleByToken } from './role.js';
import { keysBySso } from './sso.js';
import type { CloudSession } from '../session.js';
import type { AwsKeys } from './sigv4.js';
import { readTokenFile } from '../token-file.js';

const VARIABLE = 'AWS_PROFILE';

/** Profiles that lead to each other; more are a circle. */
const MAX_DEPTH = 5;

/** What a profile may want that is not done here, and what to do instead. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  credential_process: 'reg runs no program for that',
  credential_source: 'it is not read',
  mfa_serial: 'there is nobody to ask for the code',
};

const EXPORT = 'Put the keys into the environment: eval "$(aws configure export-credentials --format env)".';

interface Reading {
  readonly files: AwsFiles;
  readonly registry: EcrRegistry;
  readonly session: CloudSession;
}

/**
 * Undefined where there is no such file, or the profile in it has nothing to do with keys. Throws CREDENTIALS_UNAVAILABLE,
 * DISK_ERROR.
 */
export async function keysOfProfile(
  registry: EcrRegistry,
  session: CloudSession,
): Promise<FoundKeys | undefined> {
  const named = session.env[VARIABLE];
  const name = named || 'default';
  const files = await readAwsFiles(session);
  if (!named && !files.profiles.has(name)) return undefined;
  const keys = await keysOf(name, { files, registry, session }, MAX_DEPTH);
  return keys && { keys, source: `profile ${quoteText(name, 40)}` };
}

async function keysOf(name: string, reading: Reading, depth: number): Promise<AwsKeys | undefined> {
  const profile = reading.files.profiles.get(name);
  if (profile === undefined || depth === 0)
    throw refusal(name, profile === undefined ? 'is in none of the files of AWS' : 'leads back to itself');
  const [wish, why] = Object.entries(UNSUPPORTED).find(([key]) => profile.has(key)) ?? [];
  if (profile.has('role_arn') && wish === undefined) return keysOfRole(name, { profile, depth, ...reading });
  const own = ownKeys(profile, reading.session);
  if (own !== undefined) return own;
  if (profile.has('sso_account_id')) return keysBySso(profile, { name, ...reading });
  if (wish === undefined) return undefined;
  throw refusal(name, `wants ${wish}: ${why}`);
}

function ownKeys(profile: AwsSettings, { onSecret }: CloudSession): AwsKeys | undefined {
  const accessKeyId = profile.get('aws_access_key_id');
  const secretAccessKey = profile.get('aws_secret_access_key');
  const sessionToken = profile.get('aws_session_token') || undefined;
  if (!accessKeyId || !secretAccessKey) return undefined;
  for (const secret of [secretAccessKey, sessionToken]) if (secret !== undefined) onSecret(secret);
  return { accessKeyId, secretAccessKey, sessionToken };
}

async function keysOfRole(
  name: string,
  { profile, depth, ...reading }: Reading & { readonly profile: AwsSettings; readonly depth: number },
): Promise<AwsKeys> {
  const { registry, session } = reading;
  const role = {
    arn: profile.get('role_arn') ?? '',
    sessionName: profile.get('role_session_name') || 'reg',
    externalId: profile.get('external_id'),
    hint: `The profile ${quoteText(name, 40)} wants that role.`,
  };
  const file = profile.get('web_identity_token_file');
  if (file !== undefined) {
    const token = await readTokenFile(file, `the profile ${quoteText(name, 40)}`);
    return assumeRoleByToken({ ...role, token }, { registry, session });
  }
  const source = profile.get('source_profile');
  if (source === undefined) throw refusal(name, 'has a "role_arn" and no "source_profile"');
  // A profile may be its own source: then its keys are meant.
  const keys = source === name ? ownKeys(profile, session) : await keysOf(source, reading, depth - 1);
  if (keys === undefined) throw refusal(source, 'has no keys');
  return assumeRole({ ...role, keys }, { registry, session });
}

function refusal(name: string, fault: string) {
  return unavailable({ what: 'keys for AWS', hint: EXPORT }, `the profile ${quoteText(name, 40)} ${fault}`);
}
