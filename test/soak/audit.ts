/** The end of the soak: everything that was promised is looked for, byte by byte, on a network that is well again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../support/contents.js';
import { needs } from '../support/programs.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { Random } from './random.js';
import type { Rig, Site } from './rig.js';
import type { Kept, Report } from './work.js';

export interface Audit {
  /** Names that were looked for, and bytes that were read and compared. */
  names: number;
  bytes: number;
  /** Bytes of contents that are missing or differ. */
  lost: number;
  /** Images that skopeo fetched and found to be the same. */
  judged: number;
  readonly problems: string[];
}

/** Most images in one `reg pull`, and most that skopeo looks at, of each registry. */
const BATCH = 40;
const JUDGED = 5;

export async function audit(
  scope: Scope,
  rig: Rig,
  { report, random }: { readonly report: Report; readonly random: Random },
): Promise<Audit> {
  const result: Audit = { names: 0, bytes: 0, lost: 0, judged: 0, problems: [] };
  for (const site of rig.sites) {
    const kept = report.pushed.get(site.host) ?? [];
    const store = join(await temporaryFolder(scope), 'store');
    await pullAgain(rig, kept, { store, result });
    await checkStore(rig, kept, { store, result });
    await askSkopeo(scope, site, { kept, random, result });
  }
  for (const [store, kept] of report.pulled) await checkStore(rig, kept, { store, result });
  return result;
}

interface Where {
  readonly store: string;
  readonly result: Audit;
}

async function pullAgain(
  { me, secrets }: Rig,
  kept: readonly Kept[],
  { store, result }: Where,
): Promise<void> {
  for (let at = 0; at < kept.length; at += BATCH) {
    const names = kept.slice(at, at + BATCH).map(({ reference }) => reference);
    const child = await me.start([
      'pull',
      '--json',
      '--all-platforms',
      '--progress',
      'none',
      '--store',
      store,
      ...names,
    ]);
    const { code, stdout, stderr } = await child.ended;
    secrets.search('the output of the last pulls', stdout + stderr);
    if (code !== 0) result.problems.push(`pulled again: ${stderr}`);
  }
}

/** Whether a store verifies, and has each image under its name with every byte. */
async function checkStore({ me }: Rig, kept: readonly Kept[], { store, result }: Where): Promise<void> {
  if (kept.length === 0) return;
  const verify = await (await me.start(['verify', '--store', store])).ended;
  if (verify.code !== 0) result.problems.push(`reg verify: ${verify.stdout}${verify.stderr}`);
  const index = await readFile(join(store, 'index.json'), 'utf8');
  const { manifests } = JSON.parse(index) as { readonly manifests: readonly Named[] };
  const digests = new Map(manifests.map(({ digest, annotations }) => [annotations[REF_NAME], digest]));
  const sound = new Map<string, boolean>();
  for (const { reference, graph } of kept) {
    result.names += 1;
    const found = digests.get(reference);
    if (found !== graph.descriptor.digest) {
      result.problems.push(`${store}: ${reference} is ${found ?? 'gone'}, not ${graph.descriptor.digest}`);
      result.lost += graph.descriptor.size;
    }
    for (const { digest, size } of [
      ...graph.blobs.values(),
      ...[...graph.manifests.values()].map((node) => node.descriptor),
    ]) {
      if (!sound.has(digest)) {
        result.bytes += size;
        sound.set(digest, await isSound(store, digest));
      }
      if (sound.get(digest) === true) continue;
      result.problems.push(`${store}: ${reference} lacks ${digest}`);
      result.lost += Math.max(1, size);
    }
  }
}

const REF_NAME = 'org.opencontainers.image.ref.name';

interface Named {
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}

async function isSound(store: string, digest: string): Promise<boolean> {
  try {
    return sha256(await readFile(join(store, 'blobs', ...digest.split(':')))) === digest;
  } catch {
    // Not there: that is the answer.
    return false;
  }
}

/** Somebody else's eyes on some of the images. */
async function askSkopeo(
  scope: Scope,
  { host, user }: Site,
  {
    kept,
    random,
    result,
  }: { readonly kept: readonly Kept[]; readonly random: Random; readonly result: Audit },
): Promise<void> {
  if (needs('skopeo').skip !== false || kept.length === 0) return;
  const flags = await remoteFlags(scope, 'src', {
    ...(user && { user: user.username, password: user.password }),
  });
  for (let n = 0; n < JUDGED; n++) {
    const { reference, graph } = random.pick(kept);
    const to = join(await temporaryFolder(scope), 'image');
    const { code, stderr } = await skopeo(scope, [
      'copy',
      '--all',
      '--preserve-digests',
      ...flags,
      `docker://${host}${reference.slice(host.length)}`,
      `dir:${to}`,
    ]);
    if (code !== 0) result.problems.push(`skopeo on ${reference}: ${stderr}`);
    else if (sha256(await readFile(join(to, 'manifest.json'))) !== graph.descriptor.digest)
      result.problems.push(`skopeo got another ${reference}`);
    else result.judged += 1;
  }
}
