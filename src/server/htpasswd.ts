/** Who may come in: a file as Apache's `htpasswd -B` writes it, one `NAME:HASH` a line. */

import { createHmac, randomBytes } from 'node:crypto';

import { createLimit } from '../content/limit.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';

/** Whether there is such a user with such a password. */
export type Accounts = (name: string, password: string) => Promise<boolean>;

/** bcrypt alone, as distribution has it: whatever else htpasswd writes can be guessed by the million in a second. */
const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;

/** What an unknown name is checked against, so that it takes as long as a known one. */
const NOBODY = '$2b$10$abcdefghijklmnopqrstuuVdpdGP8qDh/XxTo0jGOr2QBbJSDZ3hC';

/** Logins that were right and are remembered; the oldest goes first. */
const MAX_KNOWN = 1000;

/**
 * The users of an htpasswd file. A login that was right costs its hash once; the next time it is known by a keyed digest.
 * `what` names the file in errors. Throws INVALID_CONFIG, which names the line and never its text.
 */
export function parseHtpasswd(text: string, what: string): Accounts {
  const hashes = new Map(
    text
      .split(/\r?\n/)
      .map((line, index) => ({ line: line.trim(), where: `${what}, line ${index + 1}` }))
      .filter(({ line }) => line !== '' && !line.startsWith('#'))
      .map(parseLine),
  );
  const known = new Set<string>();
  const key = randomBytes(32);
  // A wrong password costs a tenth of a second of the processor: all who try share one place.
  const inTurn = createLimit(1);
  return async (name, password) => {
    const login = createHmac('sha256', key)
      .update(JSON.stringify([name, password]))
      .digest('base64');
    if (known.has(login)) return true;
    const isRight = await inTurn(async () => {
      const { compare } = await import('bcryptjs');
      return (await compare(password, hashes.get(name) ?? NOBODY)) && hashes.has(name);
    });
    if (isRight) known.add(login);
    const [oldest] = known;
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    return isRight;
  };
}

function parseLine({
  line,
  where,
}: {
  readonly line: string;
  readonly where: string;
}): readonly [name: string, hash: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new RegError('INVALID_CONFIG', `${where}: not NAME:HASH`);
  const name = line.slice(0, colon);
  const hash = line.slice(colon + 1);
  if (BCRYPT.test(hash)) return [name, hash];
  throw new RegError('INVALID_CONFIG', `${where}: the password of ${quoteText(name)} is not a bcrypt hash`, {
    hint: 'Write it with "htpasswd -B".',
  });
}
