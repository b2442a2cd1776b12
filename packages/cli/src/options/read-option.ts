import { InvalidArgumentError } from 'commander'
import { MINUTE } from '@sapwood/transport-v1v2/environment'

/** Longest wait that can be asked for, in seconds: a timer of Node.js takes no more than 2^31 ms. */
const MAX_SECONDS = 1_000_000
/** As long, in minutes. */
const MAX_MINUTES = Math.floor(MAX_SECONDS / 60)

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

/** Whole minutes, of which there are at least so many, as milliseconds. */
export function minutes(least: number): (text: string) => number {
  const read = wholeNumber(least, MAX_MINUTES)
  return (text) => read(text) * MINUTE
}

/** Of an option that may be given more than once. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
