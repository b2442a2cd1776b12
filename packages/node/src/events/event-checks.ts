import {
  aCount,
  aFunction,
  anything,
  type ArgumentCheck,
  aSignal,
  milliseconds,
  optionsOf,
} from '@sapwood/wire-codec/arguments'

/** How much is held for a program that does not read: of something that is no number it would be all. */
export const someBuffers: ArgumentCheck = optionsOf(
  { types: anything, signal: aSignal, buffer: aCount, bufferBytes: aCount },
  { unknown: 'mistyped' },
)

/** How an event is waited for. */
export const someWait: ArgumentCheck = optionsOf(
  { filter: aFunction, signal: aSignal, timeout: milliseconds },
  { unknown: 'mistyped' },
)
