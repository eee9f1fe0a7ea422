/** What `reg artifact push` and `reg artifact attach` have in common: the files as flags describe them, and the result. */

import type { ArtifactFiles } from '../../operations/artifact/new-artifact.js';
import { splitTags, type PushedArtifact } from '../../operations/artifact/push.js';
import type { TargetEnds } from '../../operations/transfer/target-place.js';
import { RegError } from '../../errors.js';
import type { Context } from '../context.js';
import { creationTime } from '../flags/creation-time.js';
import { openEnds } from '../open/ends.js';
import { namedHosts } from '../open/named-hosts.js';
import { describePlan } from '../views/plan.js';

export interface FileFlags {
  readonly artifactType?: string;
  readonly annotation?: readonly string[];
  readonly annotationFile?: string;
  readonly config?: string;
  readonly title?: string;
  readonly stripDirs?: true;
  readonly dryRun?: true;
}

/** The files behind the first argument. Throws INVALID_ARGUMENT, INVALID_CONFIG. */
export function filesFrom({ args, flags, io }: Context<FileFlags>): ArtifactFiles {
  const files = args.slice(1);
  const takesStdin = files.includes('-');
  if (takesStdin && (flags.passwordStdin === true || flags.token === '-'))
    throw new RegError('INVALID_ARGUMENT', 'the standard input cannot be both a file and the password');
  return {
    files,
    artifactType: flags.artifactType,
    config: flags.config,
    annotations: flags.annotation,
    annotationFile: flags.annotationFile,
    stripDirs: flags.stripDirs,
    stdinTitle: flags.title,
    ...(takesStdin ? { stdin: io.stdin } : {}),
    created: creationTime(io.env),
  };
}

/**
 * What is needed to reach the first argument, which alone is a place: logins of this command go nowhere else, whatever
 * the files are called.
 */
export async function openTargetEnds(context: Context): Promise<TargetEnds> {
  const [place] = splitTags(context.args[0] ?? '');
  const hosts = namedHosts([place]);
  if (hosts.length > 0) await context.client(hosts);
  return openEnds([place], context);
}

/** The last lines, as that of a push. */
export function printPushed(result: PushedArtifact, { output }: Context): void {
  const { destination, names, digest, plan } = result;
  const shown = names.length > 1 ? names : [destination];
  const human =
    plan === undefined
      ? shown.map((name) => `${name}: digest: ${digest}`)
      : describePlan({ digest, plan, to: destination, verb: 'upload' });
  output.result(result, { human, quiet: names });
}
