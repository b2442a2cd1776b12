import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'
import { expect, it, vi } from 'vitest'
import type { DownloadedBlock } from '../blocks/block-download-action.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { ChainDriver, type ChainDriverComponents } from './chain-driver.ts'

it.each([true, false])(
  'tells the parts of a block asked for by its hash in the best chain alone (%s)',
  (isActive) => {
    const [block, emit] = [vi.fn(), vi.fn()]
    const driver = new ChainDriver({
      clock: { now: () => 0 as Instant } as Clock,
      table: { get: () => undefined } as unknown as ConnectionTable,
      chain: { isActive: () => isActive },
      events: { emit },
      parts: { block, tipChanged: () => undefined },
    } as unknown as ChainDriverComponents)
    const downloaded = { height: 7, hash: new Uint8Array(32), peer: 1, size: 285, block: {} }
    driver.run([{ type: 'single', block: downloaded as unknown as DownloadedBlock }])
    // What is confirmed by a block that has left the chain is not confirmed.
    expect(block).toHaveBeenCalledTimes(isActive ? 1 : 0)
    expect(emit).toHaveBeenCalledTimes(1)
  },
)
