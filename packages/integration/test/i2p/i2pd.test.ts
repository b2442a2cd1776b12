import { createSamSession, type ProxyError } from '@sapwood/proxy'
import { type Logger, silentLogger } from '@sapwood/transport-v1v2/environment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestingI2pRouter, type TestingI2pRouter } from '../../src/index.ts'

const never = new AbortController().signal

describe('SAM of a real i2pd, without a network', () => {
  let router: TestingI2pRouter
  beforeAll(async () => {
    router = await startTestingI2pRouter()
  })
  afterAll(() => router.stop())

  /** Tunnels of no hops are all that a router without a network can build. */
  const options = () => ({ sam: { host: router.host, port: router.samPort }, hops: 0, tunnels: 1 })

  it('makes a session with a new destination, waits for connections to it, and makes both again', async () => {
    const made: string[] = []
    const logger: Logger = {
      ...silentLogger,
      info: (fields) => void made.push((fields as { address: string }).address),
    }
    await using session = await createSamSession(options(), { logger })
    const { address } = session
    expect(address).toMatchObject({ network: 'i2p', port: 0 })
    expect(address.bytes.length).toBe(32)
    expect(session.privateKey().length).toBeGreaterThan(800)

    const controller = new AbortController()
    const reason = new Error('enough')
    const accepting = session.accept({ signal: controller.signal }).catch((error: unknown) => error)
    // What i2pd says of a name that it does not know.
    expect(await session.lookup('nobody.i2p', { signal: never }).catch(codeOf)).toBe('i2p-invalid-key')
    controller.abort(reason)
    expect(await accepting).toBe(reason)

    // With the router the session's control socket dies; the session is remade with its destination.
    const interrupted = session.accept({ signal: never }).catch(codeOf)
    await router.restart()
    // Killed before or after the connection for it was made.
    expect(['closed', 'proxy-unreachable']).toContain(await interrupted)
    const again = new AbortController()
    const waiting = session.accept({ signal: again.signal }).catch((error: unknown) => error)
    await expect.poll(() => made.length, { timeout: 120_000 }).toBe(2)
    expect(made[1]).toBe(made[0])
    again.abort(reason)
    expect(await waiting).toBe(reason)

    // And with a stored one it is the same another time.
    await using stored = await createSamSession({ ...options(), privateKey: session.privateKey() })
    expect(stored.address).toEqual(address)
  }, 240_000)

  it('refuses a destination that is none', async () => {
    const privateKey = 'A'.repeat(900)
    const error = await createSamSession({ ...options(), privateKey }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ProxyError', step: 'session' })
    expect(String(error)).not.toContain('AAAA')
  })
})

function codeOf(error: unknown): string {
  return (error as ProxyError).code
}
