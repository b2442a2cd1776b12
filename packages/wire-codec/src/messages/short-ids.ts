/**
 * Short ids of message types (BIP324, "Message types").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

/**
 * The one-byte message ids of a BIP324 connection. Data, not a constant:
 * a connection holds the map it agreed on.
 */
export interface ShortIds {
  /** Id of `command`, or undefined: then it travels in the 13-byte form. */
  idOf(command: string): number | undefined
  /** Command of `id`, or undefined: then the message is dropped. */
  commandOf(id: number): string | undefined
  /** All pairs, by id. */
  entries(): readonly (readonly [id: number, command: string])[]
}

/**
 * A map from pairs of id and command; a later pair takes the place of an earlier one with the same id.
 * @throws RangeError when an id is not a whole number from 1 to 255, or a command has two ids.
 */
export function createShortIds(entries: Iterable<readonly [id: number, command: string]>): ShortIds {
  const commands = new Array<string | undefined>(256).fill(undefined)
  for (const [id, command] of entries) {
    if (!Number.isInteger(id) || id < 1 || id > 255) throw new RangeError(`Not a short message id: ${id}`)
    commands[id] = command
  }
  const ids = new Map<string, number>()
  commands.forEach((command, id) => {
    if (command === undefined) return
    if (ids.has(command)) throw new RangeError(`Two short ids for ${command}`)
    ids.set(command, id)
  })
  const pairs = [...ids].map(([command, id]) => [id, command] as const)
  return {
    idOf: (command) => ids.get(command),
    commandOf: (id) => commands[id],
    entries: () => pairs,
  }
}

/** Ids 1 to 28 of BIP324, and 29 to 37 of its list of ids in use (`bip-0324/message_type_ids.md`). */
export const defaultShortIds: ShortIds = /* @__PURE__ */ createShortIds([
  [1, 'addr'],
  [2, 'block'],
  [3, 'blocktxn'],
  [4, 'cmpctblock'],
  [5, 'feefilter'],
  [6, 'filteradd'],
  [7, 'filterclear'],
  [8, 'filterload'],
  [9, 'getblocks'],
  [10, 'getblocktxn'],
  [11, 'getdata'],
  [12, 'getheaders'],
  [13, 'headers'],
  [14, 'inv'],
  [15, 'mempool'],
  [16, 'merkleblock'],
  [17, 'notfound'],
  [18, 'ping'],
  [19, 'pong'],
  [20, 'sendcmpct'],
  [21, 'tx'],
  [22, 'getcfilters'],
  [23, 'cfilter'],
  [24, 'getcfheaders'],
  [25, 'cfheaders'],
  [26, 'getcfcheckpt'],
  [27, 'cfcheckpt'],
  [28, 'addrv2'],
  [29, 'uproof'],
  [30, 'getuproof'],
  [31, 'uttls'],
  [32, 'getuttls'],
  [33, 'usummary'],
  [34, 'utreexotx'],
  [35, 'uroot'],
  [36, 'geturoot'],
  [37, 'feature'],
])
