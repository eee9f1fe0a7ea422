/** Keeps secrets out of whatever is printed, in every form that they are known to turn up in. */

/** Shorter secrets are not masked: that would riddle all text with holes, and tell the secret by where they are. */
const MIN_LENGTH = 4;

const MASK = '***';

/** Knows the secrets of one run and masks them. */
export class Redactor {
  readonly #forms = new Set<string>();
  #longestFirst: readonly string[] = [];

  /** From now on `secret` is masked: as it is, in base64, and escaped for URLs, forms and JSON. */
  add(secret: string): void {
    for (const form of formsOf(secret)) if (form.length >= MIN_LENGTH) this.#forms.add(form);
    // A secret may hold another one: the longest goes first, so that nothing of it is left over.
    this.#longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
  }

  /** `text` with `***` in place of each secret. */
  redact(text: string): string {
    return this.#longestFirst.reduce((masked, form) => masked.replaceAll(form, MASK), text);
  }
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < MIN_LENGTH) return [];
  const bytes = Buffer.from(secret);
  const padded = bytes.toString('base64');
  return [
    secret,
    padded,
    padded.replace(/=+$/, ''),
    bytes.toString('base64url'),
    // By way of its bytes, because encodeURIComponent throws at a lone surrogate.
    encodeURIComponent(bytes.toString()),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
  ];
}
