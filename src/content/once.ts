/** Work that is done at most once, when it is first asked for. */

/** `make`, which runs at the first call; each later one is given what that made, whatever its arguments. */
export function once<Args extends readonly unknown[], T>(make: (...args: Args) => T): (...args: Args) => T {
  let made: { readonly value: T } | undefined;
  return (...args) => (made ??= { value: make(...args) }).value;
}
