import { InvalidArgumentError } from 'commander'

/** Longest wait that can be asked for, in seconds: a timer of Node.js takes no more than 2^31 ms. */
const MAX_SECONDS = 1_000_000

/** A whole number between two bounds, as an option gives it. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`A whole number from ${least} to ${most} is wanted.`)
  }
}

/** Seconds, with a fraction where one likes, as milliseconds. */
export function seconds(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value <= MAX_SECONDS) return value * 1_000
  throw new InvalidArgumentError('A number of seconds is wanted.')
}

/** Of an option that may be given more than once. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
