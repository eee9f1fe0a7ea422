/** Chooses how to show progress. */

import { systemClock } from '../../content/system-clock.js';
import type { Environment } from '../environment.js';
import { createStyle, type Style } from '../output/style.js';
import { createJsonProgress } from './json.js';
import { createPlainProgress } from './plain.js';
import { createSilentProgress } from './silent.js';
import { createTtyProgress } from './tty.js';
import type { Progress, ProgressMode, Screen } from './types.js';

export interface ProgressOptions {
  readonly mode: ProgressMode;
  readonly env: Environment;
  /** As `process.platform`. */
  readonly platform: string;
}

/** Ten frames a second look alive and cost nothing. */
const FRAME_MS = 100;

export function createProgress(screen: Screen, { mode, env, platform }: ProgressOptions): Progress {
  const clock = { now: () => systemClock.now() };
  switch (mode === 'auto' ? detect(screen, env) : mode) {
    case 'tty': {
      const style = createStyle(env, platform);
      return createTtyProgress(screen, { ...clock, style, every, spin: createSpinner(style) });
    }
    case 'json':
      return createJsonProgress(screen, clock);
    case 'none':
      return createSilentProgress(screen);
    default:
      return createPlainProgress(screen, clock);
  }
}

function detect(screen: Screen, env: Environment): 'tty' | 'plain' {
  return screen.isTTY === true && env['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

function every(tick: () => void): () => void {
  const timer = setInterval(tick, FRAME_MS);
  return () => clearInterval(timer);
}

/** The frames of ora's spinner. It is loaded when the first one is asked for, beside the first bytes. */
function createSpinner(style: Style): () => string {
  let frame: (() => string) | undefined;
  const load = async (): Promise<void> => {
    const { default: ora } = await import('ora');
    const spinner = ora({ text: '', color: false, spinner: style.unicode ? 'dots' : 'line', isSilent: true });
    frame = () => spinner.frame().trim();
  };
  return () => {
    if (frame !== undefined) return frame();
    frame = () => (style.unicode ? '⠋' : '-');
    void load();
    return frame();
  };
}
