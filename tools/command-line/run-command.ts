/** A whole number of up to nine digits. @throws TypeError for anything else. */
export function wholeNumber(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new TypeError(`Not a whole number: ${text}`)
  return Number(text)
}

/**
 * Runs a program to its end: exit code 0 where it found nothing wrong, 1 where it did, 2 with `usage` where
 * its arguments were not understood (a `TypeError`, as `parseArgs` throws), and 2 where it failed itself.
 */
export async function runCommand(usage: string, main: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await main()) ? 0 : 1
  } catch (error) {
    console.error(error instanceof TypeError ? `${error.message}\n${usage}` : error)
    process.exitCode = 2
  }
}
