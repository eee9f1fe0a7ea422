/**
 * Architectures and their variants: which spellings mean the same, and which machine runs what (containerd's
 * platforms package, which Docker uses).
 */

export interface Architecture {
  /** Go's name: `amd64`, `arm64`, `arm`. */
  readonly architecture: string;
  /** `''` where the variant goes unsaid. */
  readonly variant: string;
}

const KNOWN: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm'.split(' '),
);

const ALIASES: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['i386', ['386']],
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

const NODE_NAMES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mipsel', 'mipsle'],
  // Node runs on the little-endian kind wherever containers do.
  ['ppc64', 'ppc64le'],
]);

const AMD64_VARIANTS = ['v4', 'v3', 'v2', ''];
const ARM_VARIANTS = ['v8', 'v7', 'v6', 'v5'];

export function isKnownArchitecture(name: string): boolean {
  return KNOWN.has(name);
}

/** The architecture that Node calls `arch` (`process.arch`). */
export function architectureOfNode(arch: string): string {
  return NODE_NAMES.get(arch) ?? arch;
}

/** The one spelling of an architecture. What every machine of its kind has goes unsaid, but `arm` says its version. */
export function normalizeArchitecture(architecture: string, variant = ''): Architecture {
  const spelled = architecture.toLowerCase();
  const [name, implied = variant.toLowerCase()] = ALIASES.get(spelled) ?? [spelled];
  return { architecture: name, variant: normalizeVariant(name, implied) };
}

function normalizeVariant(architecture: string, variant: string): string {
  const version = variant.replace(/^(?=\d)/, 'v').replace(/\.0$/, '');
  if (architecture === 'arm') return version === '' ? 'v7' : version;
  if (architecture === 'arm64') return version === 'v8' ? '' : version;
  if (architecture === 'amd64') return version === 'v1' ? '' : version;
  return variant;
}

/** The variants that a machine of this normalized architecture runs, the best first. */
export function runnableVariants({ architecture, variant }: Architecture): readonly string[] {
  if (architecture === 'amd64') return startingAt(variant, AMD64_VARIANTS);
  if (architecture === 'arm') return startingAt(variant, ARM_VARIANTS);
  if (architecture === 'arm64') return runnableOnArm64(variant);
  return [variant];
}

function startingAt(variant: string, variants: readonly string[]): readonly string[] {
  return variants.includes(variant) ? variants.slice(variants.indexOf(variant)) : [variant];
}

/** v8.2 runs v8.1 and plain v8 too; v9.1 runs v9 and also, as Arm has it, v8.6 and below. */
function runnableOnArm64(variant: string): readonly string[] {
  const [, major, minor = '0'] = /^v([89])(?:\.(\d))?$/.exec(variant === '' ? 'v8' : variant) ?? [];
  if (major === undefined) return [variant];
  if (major === '8') return downFrom('v8', Number(minor));
  return [...downFrom('v9', Number(minor)), ...downFrom('v8', Math.min(Number(minor) + 5, 9))];
}

function downFrom(major: string, minor: number): readonly string[] {
  const steps = Array.from({ length: minor }, (_, step) => `${major}.${minor - step}`);
  return [...steps, normalizeVariant('arm64', major)];
}
