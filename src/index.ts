/** The library. Everything public is exported here, by hand. */

// Errors
export {
  RegError,
  exitCodeOf,
  hasCode,
  isRetryable,
  type ErrorCode,
  type ErrorContext,
  type WireError,
} from './errors.js';

// Values: digests, descriptors, manifests, platforms, references
export { digestOf, isDigest, parseDigest, type Digest } from './spec/digest.js';
export { describe, type Descriptor } from './spec/descriptor.js';
export { parseManifest, type ImageIndex, type ImageManifest, type Manifest } from './spec/manifest.js';
export type { ImageConfig } from './spec/image-config.js';
export { formatPlatform, hostPlatform, parsePlatform, type Platform } from './spec/platform.js';
export {
  familiarName,
  formatReference,
  parseReference,
  pullReference,
  type Reference,
} from './spec/reference.js';

// A client for registries, and where logins, mirrors and certificates come from
export { connect, type ConnectOptions, type LoginSources } from './operations/connect/connect.js';
export type { ClientOptions } from './registry/client-options.js';
export type { RegistryClient } from './registry/client.js';
export type { Notice } from './registry/notices.js';
export type { Pin } from './registry/net/dial.js';
export { proxyFromEnvironment, type Proxy, type ProxyFor } from './registry/net/proxy.js';
export { machineOptions, type MachineLookups, type MachineOptions } from './operations/connect/machine.js';
export type {
  HostSettings,
  Identity,
  ImageName,
  PullSource,
  Route,
  RouteLookup,
  SettingsLookup,
} from './spec/route.js';
export type { Folders } from './config/folders.js';
export type { Credential } from './credentials/credential.js';
export type { GivenLogin } from './credentials/chain.js';

// Logins
export { login, type LoginOptions, type LoginPlace, type LoginResult } from './operations/logins/login.js';
export { logout, logoutAll, type LogoutResult } from './operations/logins/logout.js';
export type { StoreChoice } from './credentials/keep.js';
export type { ChangeOptions } from './credentials/config-file.js';

// Images between registries, the local store, archives and engines
export { pull, pullAllTags, type PullOptions, type PullResult } from './operations/transfer/pull.js';
export {
  push,
  pushAllTags,
  pushFrom,
  type PushOptions,
  type PushResult,
  type PushSource,
} from './operations/transfer/push.js';
export { copyImages, type CopyImagesOptions, type CopyResult } from './operations/transfer/copy-images.js';
export { loadImages } from './operations/transfer/load-images.js';
export {
  writeImage,
  type NewImage,
  type WriteOptions,
  type Written,
} from './operations/transfer/write-image.js';
export type { Tally } from './operations/transfer/tally.js';
export { isInShard, parseShard, type Shard } from './operations/sync/shard.js';
export { readSyncFile, type SyncEntry } from './operations/sync/sync-file.js';
export { sync, type SyncOptions, type SyncResult } from './operations/sync/sync.js';
export type { Place } from './operations/places/place.js';
export type { TargetEnds } from './operations/transfer/target-place.js';
export type { Ends, PlaceNotice } from './operations/places/open-source.js';
export { openPlace, type OpenPlace } from './operations/places/source-place.js';
export type { EngineSurroundings } from './engine/endpoint.js';

// The local store
export {
  listImages,
  removeImages,
  tagImage,
  type DamagedImage,
  type ImageList,
  type ImageSummary,
} from './operations/store/images.js';
export { openStore } from './operations/places/open-store.js';
export type { Layout, LayoutOptions } from './layout/layout.js';
export { pruneLayout } from './layout/prune.js';
export { verifyLayout } from './layout/verify.js';

// Images, inspected where they are
export { readDigest, type DigestResult } from './operations/look/digest.js';
export { inspect, type Inspection } from './operations/look/inspect.js';
export { readConfig, readManifestBytes, type ImageDocument } from './operations/look/documents.js';
export type { Attestation } from './operations/look/attestation.js';
export { listAttestations, type AttestationList } from './operations/look/attestations.js';
export { compareImages, type DiffSide, type ImageDiff } from './operations/look/diff.js';
export { listReferrers, type Referrer, type ReferrerList } from './operations/look/referrers.js';
export type { TreeNode } from './operations/look/draw-tree.js';
export { readTree, type ImageTree } from './operations/look/tree.js';
export { readHistory, type HistoryStep, type ImageHistory } from './operations/look/history.js';
export { listLayers, type ImageLayer, type ImageLayers } from './operations/look/layers.js';
export type { LookOptions } from './operations/look/look-at.js';
export { measureImages, type ImageSize, type ManifestSize, type SizeReport } from './operations/look/size.js';

// Files in images
export {
  compareFiles,
  type FileAspect,
  type FileChange,
  type FileState,
} from './operations/files/file-diff.js';
export type { FilesOptions } from './operations/files/image-files.js';
export { listFiles, type ListedFile, type ListFilesOptions } from './operations/files/list-files.js';
export { readFiles, type OpenFile } from './operations/files/read-file.js';
export { unpackImage, type UnpackOptions, type UnpackResult } from './operations/unpack/unpack.js';
export { exportRootfs, type ExportResult, type ExportTarget } from './operations/unpack/export.js';
export type { ReadLayersOptions } from './operations/unpack/apply-layers.js';
export type { Losses, LostXattrs } from './rootfs/losses.js';

// Images and tags, changed
export { deleteImage } from './operations/edit/delete-image.js';
export {
  planDeletion,
  type DeletedImage,
  type DeleteOptions,
  type Deletion,
} from './operations/edit/plan-deletion.js';
export { annotateImages, editImage, type AnnotateOptions } from './operations/edit/edit-image.js';
export {
  addToIndex,
  createIndex,
  removeFromIndex,
  type CreateIndexOptions,
  type RemoveFromIndexOptions,
} from './operations/edit/index-images.js';
export { appendLayers, type AppendOptions } from './operations/edit/append.js';
export { rebaseImage, type RebaseOptions } from './operations/edit/rebase.js';
export type { AnnotationEdits } from './operations/edit/annotations.js';
export type { EditOptions, EditResult } from './operations/edit/change-image.js';
export type { ConfigEdits } from './operations/edit/config.js';
export { tagRemote, type TaggedImage, type TagRemoteOptions } from './operations/edit/tag-remote.js';

// Artifacts: files of any kind in a registry
export { attachArtifact, type AttachedArtifact, type AttachOptions } from './operations/artifact/attach.js';
export { listArtifacts, type AttachedEntry } from './operations/artifact/list.js';
export {
  pullArtifact,
  type PullArtifactOptions,
  type PulledArtifact,
  type PulledFile,
} from './operations/artifact/pull.js';
export {
  pushArtifact,
  type ArtifactFile,
  type PushArtifactOptions,
  type PushedArtifact,
} from './operations/artifact/push.js';

// What registries list
export { listRepositories, type ListRepositoriesOptions } from './operations/listing/catalog.js';
export {
  findTags,
  type FindTagsOptions,
  type FoundTag,
  type TagOrder,
} from './operations/listing/find-tags.js';
export { searchImages, type SearchImagesOptions } from './operations/listing/search.js';
export {
  parseNamePattern,
  parseNamePatterns,
  type NamePattern,
  type NamePatternOptions,
} from './operations/listing/name-pattern.js';
export { listTags } from './operations/listing/tags.js';
export type { Hit } from './registry/listing/search.js';

// The building blocks: everything above is `copy(source, sink, root)`
export { copy, type CopyOptions } from './content/copy.js';
export type { CopyEvent, CopyListener } from './content/events.js';
export { Memory } from './content/memory.js';
export { overlay } from './content/overlay.js';
export { contentOf, readContent, readManifest } from './content/read.js';
export type { Clock, RetryPolicy } from './content/retry.js';
export { systemClock } from './content/system-clock.js';
export type { Content, Origin, Outcome, PutOptions, Sink, Source } from './content/types.js';
export type { Registry } from './registry/registry.js';
