/**
 * Checks of what a program gives, each with a hint at what was probably meant. For packages that build on
 * these: what comes from a peer is checked by the codecs.
 * @module
 */

export {
  aBigint,
  aBoolean,
  aCount,
  aFunction,
  aHash,
  aHeight,
  aLogger,
  aNetwork,
  anObjectWith,
  anything,
  argument,
  type ArgumentCheck,
  aSignal,
  aText,
  bytes,
  either,
  listOf,
  milliseconds,
  needed,
  oneOf,
  optionsOf,
  type OptionChecks,
  orJust,
  type UnknownNames,
} from './argument-check.ts'
export {
  aNumberAboveZero,
  aPort,
  recordOf,
  wholeNumber,
} from './bounded-checks.ts'
export { aHeader, aTransaction } from './primitive-check.ts'
export { didYouMean, nearestName } from './nearest-name.ts'
