/** Lets go of what was taken, all of it, whatever fails on the way. */

/** Closes, unlocks or removes something. */
type Release = () => Promise<void>;

/**
 * The result of `task`; what it took is let go of afterwards, one after the other, even where letting go of another one
 * fails. Throws the first error: what went wrong, and not what went wrong because of it.
 */
export async function thenRelease<T>(task: () => Promise<T>, ...releases: readonly Release[]): Promise<T> {
  const done = task();
  const steps: Promise<unknown>[] = [done];
  await Promise.allSettled(steps);
  for (const release of releases) {
    const step = release();
    await Promise.allSettled([step]);
    steps.push(step);
  }
  await Promise.all(steps);
  return done;
}
