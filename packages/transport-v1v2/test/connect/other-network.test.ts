import { mainnet, type Network, networks, regtest, signet } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { accept, connect, eagerFallback, streamPair } from '../../src/index.ts'
import { createSeededRandom, createVirtualClock } from '../../src/testing/index.ts'

const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18_444 } as const

/** Two that speak v2, each for a network of its own. */
function meet(ours: Network, theirs: Network, seed: number) {
  const clock = createVirtualClock()
  const accepting: Promise<unknown>[] = []
  const dialer = {
    dial: () => {
      const [near, far] = streamPair()
      accepting.push(
        accept(far, { network: theirs }, { clock, random: createSeededRandom(`far ${seed}`) }).catch(
          (error: unknown) => error,
        ),
      )
      return Promise.resolve(near)
    },
  }
  const connecting = connect(
    address,
    { dialer, network: ours, fallback: eagerFallback },
    { clock, random: createSeededRandom(`near ${seed}`) },
  ).catch((error: unknown) => error)
  return { clock, connecting, accepting }
}

describe('a v2 remote of another network', () => {
  it.each(Object.values(networks).filter(({ name }) => name !== 'regtest'))(
    'is known at once: $name',
    async (theirs) => {
      for (let seed = 0; seed < 8; seed++) {
        const { clock, connecting, accepting } = meet(regtest, theirs, seed)
        await clock.advance(0)
        expect(await connecting).toMatchObject({
          code: 'wrong-network',
          phase: 'garbage',
          message: `The remote speaks for ${theirs.name}, not for regtest`,
          attempts: [{ protocol: 'v2' }],
        })
        // Nothing is tried in v1: it would be the wrong network in that, too.
        expect(accepting).toHaveLength(1)
      }
    },
  )

  it('is known to who was dialled, too, and ends what is left of the connection', async () => {
    const { clock, connecting, accepting } = meet(mainnet, signet, 1)
    await clock.advance(0)
    expect(await connecting).toMatchObject({ code: 'wrong-network', received: '0a03cf40' })
    expect(await accepting[0]).toMatchObject({ name: 'TransportError' })
  })

  it('that nobody knows is waited for, as any that is slow', async () => {
    const magic = (last: number): Network => ({ ...regtest, magic: Uint8Array.of(1, 2, 3, last) })
    const { clock, connecting } = meet(magic(4), magic(5), 3)
    await clock.advance(29_000)
    expect(await Promise.race([connecting, Promise.resolve('waiting')])).toBe('waiting')
    await clock.advance(120_000)
    expect(await connecting).toMatchObject({ attempts: [{ protocol: 'v2', error: { code: 'timeout' } }, {}] })
  })

  it('does not keep one of the own network from agreeing, however its bytes are cut', async () => {
    const { clock, connecting, accepting } = meet(regtest, regtest, 5)
    await clock.advance(0)
    expect(await connecting).toMatchObject({ protocol: 'v2' })
    expect(accepting).toHaveLength(1)
  })
})
