/** Commands for people. */

/** As the shell would read it where that is plain, else as a list. */
export function formatCommand(words: readonly string[]): string {
  return words.every((word) => /^[\w./:=@%+,-]+$/.test(word)) ? words.join(' ') : JSON.stringify(words);
}
