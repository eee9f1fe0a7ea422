/**
 * One question to a machine or a registry, and what was found. A check says what it is called, which others have to go
 * well before it makes sense, and looks; what it throws is what it found.
 */

import { RegError, type ErrorCode } from '../../errors.js';

export interface Result {
  /** `none` where there is nothing to be judged. */
  readonly verdict: 'good' | 'bad' | 'none';
  /** What was found, in one line. */
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Only of what is bad. */
  readonly code?: ErrorCode | undefined;
  /** Title of the check that has to go well first, and did not: then there is no more to be said. */
  readonly blockedBy?: string | undefined;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
}

export interface Finding extends Result {
  /** Name of the check, for programs: `certificate`. */
  readonly check: string;
  /** The same for people: `Certificate`. */
  readonly title: string;
}

export interface Check<Subject> {
  readonly check: string;
  readonly title: string;
  /** Names of checks that come before it and have to go well. */
  readonly needs?: readonly string[] | undefined;
  readonly look: (subject: Subject) => Promise<Result>;
}

export function good(text: string, facts: Result['facts'] = {}, hint?: string): Result {
  return { verdict: 'good', text, hint, facts };
}

export function none(text: string, facts: Result['facts'] = {}, hint?: string): Result {
  return { verdict: 'none', text, hint, facts };
}

/** What is found when a check throws this. */
export function bad(error: RegError, facts: Result['facts'] = {}): Result {
  return { verdict: 'bad', text: error.message, hint: error.context.hint, code: error.code, facts };
}

/** Each finding as soon as it is there, in order. Throws ABORTED, and what is no RegError. */
export async function* examine<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
): AsyncGenerator<Finding> {
  const missing = new Map<string, string>();
  for (const { check, title, needs = [], look } of checks) {
    const blocker = needs.map((need) => missing.get(need)).find((found) => found !== undefined);
    const result = blocker === undefined ? await attempt(look, subject) : blocked(blocker);
    if (blocker !== undefined) missing.set(check, blocker);
    else if (result.verdict === 'bad') missing.set(check, title);
    yield { check, title, ...result };
  }
}

function blocked(by: string): Result {
  return { ...none(`not looked at: ${by} comes first`), blockedBy: by };
}

async function attempt<Subject>(look: Check<Subject>['look'], subject: Subject): Promise<Result> {
  try {
    return await look(subject);
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'ABORTED') throw error;
    return bad(error);
  }
}
