import {
  aLogger,
  anObjectWith,
  type ArgumentCheck,
  milliseconds,
  optionsOf,
} from '@sapwood/wire-codec/arguments'

/** What a dialer through a proxy works with. */
export const someProxyComponents: ArgumentCheck = optionsOf(
  {
    clock: anObjectWith('clock', ['now', 'setTimer']),
    random: anObjectWith('source of randomness', ['bytes']),
    logger: aLogger,
    resolver: anObjectWith('resolver', ['resolve']),
  },
  { unknown: 'mistyped' },
)

/** Durations by name, each of those that there are defaults of. */
export function timeoutsLike(defaults: object): ArgumentCheck {
  return optionsOf(Object.fromEntries(Object.keys(defaults).map((name) => [name, milliseconds])))
}
