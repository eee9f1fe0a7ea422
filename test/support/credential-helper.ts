/** Credential helpers of the tests' own: real programs `docker-credential-NAME`. Not on Windows, where it takes an .exe. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { env, platform } from 'node:process';

export const HELPERS = { skip: platform === 'win32' && 'a script is no program there' };

/** Writes one as a shell script. */
export async function writeHelper(folder: string, name: string, script: string): Promise<void> {
  await writeProgram(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
}

/** Logins by server, as a helper keeps them. */
export type Vault = Readonly<Record<string, { readonly Username: string; readonly Secret: string }>>;

/** A helper that keeps what it is given, as a real one does. */
export interface VaultHelper {
  /** `docker-credential-vault` */
  readonly program: string;
  readonly read: () => Promise<Vault>;
  readonly write: (logins: Vault) => Promise<void>;
}

const VAULT_PROGRAM = `#!/usr/bin/env node
const { readFileSync, writeFileSync } = require('node:fs');
const input = readFileSync(0, 'utf8');
const vault = JSON.parse(readFileSync(VAULT, 'utf8'));
const action = process.argv[2];
if (action === 'list') {
  const users = Object.entries(vault).map(([server, { Username }]) => [server, Username]);
  console.log(JSON.stringify(Object.fromEntries(users)));
} else if (action === 'store') {
  const { ServerURL, Username, Secret } = JSON.parse(input);
  vault[ServerURL] = { Username, Secret };
} else if (vault[input] === undefined) {
  console.log('credentials not found in native keychain');
  process.exit(1);
} else if (action === 'get') {
  console.log(JSON.stringify({ ServerURL: input, ...vault[input] }));
} else {
  delete vault[input];
}
writeFileSync(VAULT, JSON.stringify(vault));
`;

/** Puts `docker-credential-vault` into a folder, with what it has at first. */
export async function writeVaultHelper(folder: string, logins: Vault = {}): Promise<VaultHelper> {
  const vault = join(folder, 'vault.json');
  const program = 'docker-credential-vault';
  await writeProgram(join(folder, program), VAULT_PROGRAM.replaceAll('VAULT', JSON.stringify(vault)));
  await writeFile(vault, JSON.stringify(logins));
  return {
    program,
    read: async () => JSON.parse(await readFile(vault, 'utf8')),
    write: (all) => writeFile(vault, JSON.stringify(all)),
  };
}

/** The PATH with a folder of one's own before all others. */
export function pathWith(folder: string): string {
  return [folder, env['PATH'] ?? ''].join(delimiter);
}

async function writeProgram(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
}
