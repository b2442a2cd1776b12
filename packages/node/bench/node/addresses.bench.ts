import type { NetworkAddress } from '@sapwood/wire-codec'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import { type Bench, compare } from '../../../../tools/bench/measure.ts'
import { AddressManager } from '../../src/addresses/address-manager.ts'
import { nthAddress } from '../../test/support/addresses.ts'

const SERVICES = 0x409n
const FULL = 80_000
const SMALL = 1_000

/**
 * About a fifth of them in the tried table, the sources spread over many netgroups,
 * as they are after some weeks.
 */
function filled(count: number): AddressManager {
  const manager = new AddressManager({}, { clock: systemClock, random: createSeededRandom(1) })
  for (let index = 0; manager.size < count && index < count * 4; index++) {
    manager.add([report(index)], nthAddress((index * 7919) % 20_000))
    if (index % 5 === 0) manager.good(nthAddress(index))
  }
  return manager
}

function report(index: number): {
  address: NetworkAddress
  services: bigint
  time: ReturnType<typeof systemClock.wallTime>
} {
  return { address: nthAddress(index), services: SERVICES, time: systemClock.wallTime() }
}

const bench: Bench = async (emit) => {
  const [full, small] = [filled(FULL), filled(SMALL)]
  const operations: Record<string, (manager: AddressManager, index: number) => unknown> = {
    select: (manager) => manager.select(),
    add: (manager, index) => manager.add([report(index)], nthAddress((index * 31) % 20_000)),
    // Of addresses that are in the tried table of both: what else can come of it costs more,
    // whatever the size.
    good: (manager, index) => manager.good(nthAddress((5 * index) % SMALL)),
  }
  for (const [name, operation] of Object.entries(operations)) {
    let index = 0
    await compare(
      {
        name: `addresses-${name}-at-${full.size}`,
        unit: 'us',
        better: 'lower',
        toFigure: (seconds) => seconds * 1e6,
        ours: { name: 'full', run: () => operation(full, index++) },
        references: [{ name: `at-${small.size}`, run: () => operation(small, index++) }],
      },
      emit,
    )
  }
}

export default bench
