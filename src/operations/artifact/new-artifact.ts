/** Makes an artifact out of files: reads them, and packs what they are into a manifest. */

import { tmpdir } from 'node:os';

import { contentOf } from '../../content/read.js';
import type { CallOptions, Content } from '../../content/types.js';
import { Scratch } from '../../disk/scratch.js';
import { RegError } from '../../errors.js';
import { CREATED } from '../../spec/annotation.js';
import {
  EMPTY_BYTES,
  EMPTY_DESCRIPTOR,
  packArtifact,
  UNKNOWN_ARTIFACT,
  UNKNOWN_ARTIFACT_CONFIG,
} from '../../spec/artifact.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { isMediaType } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';
import { formatTimestamp } from '../dates.js';
import type { NewImage } from '../transfer/write-image.js';
import { readAnnotations, type AnnotationSet } from './annotations.js';
import { contentOfFile, type ContentWork, type NewFile } from './contents.js';
import { describeFiles } from './describe-files.js';
import { parseFileArgument } from './file-argument.js';

export interface ArtifactFiles extends CallOptions {
  /** `FILE[:TYPE]`: files and directories below the current one, or `-` for `stdin`. */
  readonly files: readonly string[];
  /** What the artifact is, as a media type; default: unknown, or what the config says. */
  readonly artifactType?: string | undefined;
  /** `FILE[:TYPE]` of a config; default: an empty one. */
  readonly config?: string | undefined;
  /** `KEY=VALUE` */
  readonly annotations?: readonly string[] | undefined;
  /** Path of a JSON file of annotations, in oras's form. */
  readonly annotationFile?: string | undefined;
  /** Files get their bare names for titles, wherever they are. Default false. */
  readonly stripDirs?: boolean | undefined;
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** `TITLE[:TYPE]` of what comes from `stdin`. */
  readonly stdinTitle?: string | undefined;
  /** When it was made, unless the annotations say so: the same time makes the same digest. */
  readonly created: Date;
  /** Where to keep directories, packed, and what comes from `stdin`; default: the system's. */
  readonly temporaryFolder?: string | undefined;
}

/** An artifact that is yet to be put somewhere. */
export interface NewArtifact extends NewImage {
  readonly artifactType: string | undefined;
  readonly layers: readonly Descriptor[];
  readonly close: () => Promise<void>;
}

/** Reads every file once. To be closed. Throws INVALID_ARGUMENT, NOT_FOUND, DISK_FULL, DISK_ERROR, ABORTED. */
export async function createArtifact(
  options: ArtifactFiles & { readonly subject?: Descriptor },
): Promise<NewArtifact> {
  requireSomething(options);
  const artifactType = typeOf(options);
  const annotations = await readAnnotations({ pairs: options.annotations, file: options.annotationFile });
  const files = describeFiles(options.files, { ...options, annotations: annotations.files });
  const scratch = new Scratch(options.temporaryFolder ?? tmpdir());
  const work = { scratch, stdin: options.stdin, signal: options.signal };
  try {
    const config = await readConfig(options, annotations, work);
    const layers = await readFiles(files, work);
    const descriptors = layers.map(({ descriptor }) => descriptor);
    const manifest = packArtifact({
      artifactType,
      config: config?.descriptor,
      layers: descriptors,
      subject: options.subject,
      annotations: { [CREATED]: formatTimestamp(options.created), ...annotations.manifest },
    });
    const root = contentOf(manifest.descriptor, manifest.bytes);
    const contents = [root, contentOf(EMPTY_DESCRIPTOR, EMPTY_BYTES), ...(config ? [config] : []), ...layers];
    const close = (): Promise<void> => scratch.close();
    return { root: root.descriptor, contents, artifactType, layers: descriptors, close };
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

/** A type alone may say something, such as that an image is good; nothing at all is a file that was forgotten. */
function requireSomething({ files, artifactType, config, annotations, annotationFile }: ArtifactFiles): void {
  if (files.length > 0 || [artifactType, config, annotations, annotationFile].some(Boolean)) return;
  throw new RegError('INVALID_ARGUMENT', 'there is no file to push', {
    hint: 'Name files, or say with --artifact-type what it is without any.',
  });
}

/** Throws INVALID_ARGUMENT for what is not a media type. */
function typeOf({ artifactType, config }: ArtifactFiles): string | undefined {
  if (artifactType === undefined) return config === undefined ? UNKNOWN_ARTIFACT : undefined;
  if (isMediaType(artifactType)) return artifactType;
  throw new RegError('INVALID_ARGUMENT', `${quoteText(artifactType)} is not a media type`, {
    hint: 'Write it like application/vnd.example.report.v1.',
  });
}

async function readConfig(
  { config }: ArtifactFiles,
  annotations: AnnotationSet,
  work: ContentWork,
): Promise<Content | undefined> {
  if (config === undefined) return undefined;
  const { path, mediaType = UNKNOWN_ARTIFACT_CONFIG } = parseFileArgument(config);
  const content = await contentOfFile({ path, mediaType, title: path, annotations: {} }, work);
  // Whoever pulls it gives it a name.
  return { ...content, descriptor: { ...content.descriptor, annotations: annotations.config } };
}

async function readFiles(files: readonly NewFile[], work: ContentWork): Promise<readonly Content[]> {
  const contents: Content[] = [];
  for (const file of files) contents.push(await contentOfFile(file, work));
  return contents;
}
