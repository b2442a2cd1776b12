import { ALL_PLACES, type Attack, type Field } from '../support/attack.ts'

/** How many of the others run side by side. */
const names = [
  'getheaders-unread',
  'trickling-readers',
  'getdata-unread',
  'filters-unread',
  'stalled-reader',
  'fat-version',
  'unfinished-messages',
  'fat-everything',
  'compact-block-repeated',
  'bad-checksums',
  'address-flood',
  'announcement-flood',
  'transactions-large',
  'headers-repeated',
  'ping-flood',
  'unknown-commands',
  'heavy-messages',
  'churn',
] as const

export const attack: Attack = {
  what: 'all kinds side by side, each by its share of the peers',
  peers: ALL_PLACES,
  milliseconds: 6_000,
  prepare: async (field) => {
    const share = Math.max(1, Math.floor(field.peers / names.length))
    const strikes = await Promise.all(
      names.map(async (name, lane) => {
        const { attack: one } = (await import(new URL(`./${name}.ts`, import.meta.url).href)) as {
          attack: Attack
        }
        return await one.prepare(partOf(field, lane * share, share))
      }),
    )
    return async () => {
      await Promise.all(strikes.map((strike) => strike()))
    }
  },
}

/** A part of the field with some of its peers. */
function partOf(field: Field, first: number, peers: number): Field {
  return {
    ...field,
    peers,
    protocolOf: (index) => field.protocolOf(first + index),
    place: (index) => field.place(first + index),
    join: (index, options) => field.join(first + index, options),
    each: async (attack) => {
      await Promise.all(Array.from({ length: peers }, (_, index) => attack(index)))
    },
  }
}
